import { createHmac } from "node:crypto";
import { canonicalName } from "../../domain/canonical-name";

/** Digests of what people type, by a key that is not in the database: what is kept says nothing by itself. */
export class KeyedDigest {
  /** @param key at least 32 bytes */
  constructor(private readonly key: Uint8Array) {}

  /** Of a user name, however it is written. */
  login(source: string, login: string): Buffer {
    return this.of("login", source, canonicalName(login));
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
