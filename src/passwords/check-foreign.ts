import { createHash, pbkdf2, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { verify as verifyArgon2 } from "@node-rs/argon2";
import { readPasswordHash } from "../domain/password-hashes";
import { PASSWORD_FORMATS } from "../domain/passwords";
import { HashThreads } from "./hash-threads";

const derivePbkdf2 = promisify(pbkdf2);
const deriveScrypt = promisify(scrypt) as (
  password: string,
  salt: Buffer,
  length: number,
  options: { N: number; r: number; p: number; maxmem: number },
) => Promise<Buffer>;

/** bcrypt reads no further, and nothing behind a NUL: a longer password would be right by its beginning. */
const BCRYPT_BYTES = 72;

const threads = new HashThreads();

/**
 * Whether a password is the one of another system's hash. Off the main thread, but for what takes microseconds; every byte of
 * the password counts.
 *
 * @returns "unreadable" for what is no hash, or more work than a login may be
 */
export async function checkForeign(text: string, password: string): Promise<"right" | "wrong" | "unreadable"> {
  const hash = readPasswordHash(text, PASSWORD_FORMATS);
  if (typeof hash === "string") return "unreadable";
  try {
    return (await isRight()) ? "right" : "wrong";
  } catch {
    // A library finds fault with it.
    return "unreadable";
  }

  async function isRight(): Promise<boolean> {
    if (typeof hash === "string") return false;
    switch (hash.kind) {
      case "bcrypt": {
        const isWhole = Buffer.byteLength(password) <= BCRYPT_BYTES && !password.includes("\0");
        // Also of one that cannot be right, which is not to be told by its time.
        return (await threads.isRight({ ...hash, password })) && isWhole;
      }
      case "sha512-crypt":
        return threads.isRight({ ...hash, password });
      case "argon2":
        return verifyArgon2(hash.text, password);
      case "scrypt": {
        const { log2, r, p, salt } = hash;
        const options = { N: 2 ** log2, r, p, maxmem: 2 * 128 * r * (2 ** log2 + p) };
        return timingSafeEqual(await deriveScrypt(password, salt, hash.hash.length, options), hash.hash);
      }
      case "pbkdf2": {
        const made = await derivePbkdf2(password, hash.salt, hash.iterations, hash.hash.length, hash.digest);
        return timingSafeEqual(made, hash.hash);
      }
      case "salted-sha":
        return timingSafeEqual(createHash(hash.digest).update(password).update(hash.salt).digest(), hash.hash);
    }
  }
}
