import { createHmac } from "node:crypto";

/** Digests of what people type, by a key that is not in the database: what is kept says nothing by itself. */
export class KeyedDigest {
  /** @param key at least 32 bytes */
  constructor(private readonly key: Uint8Array) {}

  /** Of a user name, however it is written: as names are compared in the mirror. */
  login(source: string, login: string): Buffer {
    return this.of("login", source, login.normalize("NFC").toLowerCase().normalize("NFC"));
  }

  /** Each part with its length, so that no two lists of parts are digested alike. */
  of(...parts: readonly string[]): Buffer {
    const hmac = createHmac("sha256", this.key);
    for (const part of parts) {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      hmac.update(length).update(bytes);
    }
    return hmac.digest();
  }
}
