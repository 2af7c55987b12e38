import { createHmac } from "node:crypto";
import { canonicalName } from "../../domain/canonical-name";
import { joinedBytes } from "../../domain/joined-bytes";

/** Digests of what people type, by a key that is not in the database: what is kept says nothing by itself. */
export class KeyedDigest {
  /** @param keys at least 32 bytes each; the first makes, what the others made is still found */
  constructor(private readonly keys: readonly [Uint8Array, ...Uint8Array[]]) {}

  /**
   * Of a user name, however it is written: many systems take no notice of spaces around a name, or of what nobody sees in it, and
   * guesses at such a name are guesses at one person.
   */
  login(source: string, login: string): Buffer {
    return this.logins(source, login)[0] as Buffer;
  }

  /** The same by every key, the first one's first. */
  logins(source: string, login: string): readonly Buffer[] {
    const visible = login.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "").replaceAll(/\s+/gu, " ");
    const parts = ["login", source, canonicalName(visible.trim())];
    return this.keys.map((key) => digest(key, parts));
  }

  of(...parts: readonly string[]): Buffer {
    return digest(this.keys[0], parts);
  }
}

const digest = (key: Uint8Array, parts: readonly string[]): Buffer =>
  createHmac("sha256", key)
    .update(joinedBytes(...parts))
    .digest();
