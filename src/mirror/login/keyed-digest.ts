import { createHmac } from "node:crypto";
import { canonicalName } from "../../domain/canonical-name";
import { joinedBytes } from "../../domain/joined-bytes";

/** Digests of what people type, by a key that is not in the database: what is kept says nothing by itself. */
export class KeyedDigest {
  /** @param key at least 32 bytes */
  constructor(private readonly key: Uint8Array) {}

  /**
   * Of a user name, however it is written: many systems take no notice of spaces around a name, or of what nobody sees in it, and
   * guesses at such a name are guesses at one person.
   */
  login(source: string, login: string): Buffer {
    const visible = login.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "").replaceAll(/\s+/gu, " ");
    return this.of("login", source, canonicalName(visible.trim()));
  }

  of(...parts: readonly string[]): Buffer {
    return createHmac("sha256", this.key)
      .update(joinedBytes(...parts))
      .digest();
  }
}
