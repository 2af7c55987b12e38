import { createHmac, hkdfSync } from "node:crypto";
import { joinedBytes } from "../domain/joined-bytes";

/**
 * A secret beside the database: somebody who has the database alone cannot even begin to guess. What is made of it for
 * one purpose says nothing about what is made for another.
 */
export class Pepper {
  readonly #secret: Buffer;
  /** Tells peppers apart without telling what they are: 8 hexadecimal digits. */
  readonly id: string;

  /** @param secret as it stands in the environment; 32 characters or more */
  constructor(secret: string) {
    this.#secret = Buffer.from(secret);
    this.id = this.derive("id", 4).toString("hex");
  }

  /** @param length bytes */
  derive(purpose: string, length = 32): Buffer {
    return Buffer.from(hkdfSync("sha256", this.#secret, "understudy", purpose, length));
  }

  /** The password bound to the account it opens, as text that stands for every byte of it. */
  bind({ source, account, password }: { source: string; account: string; password: string }): string {
    const key = this.derive("password");
    return createHmac("sha512", key)
      .update(joinedBytes(source, account, password))
      .digest("base64");
  }
}
