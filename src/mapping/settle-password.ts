import type { FieldRule } from "../domain/mapping";
import { readPasswordHash } from "../domain/password-hashes";
import type { MappedPassword } from "../domain/passwords";
import { Secret } from "../domain/secret";

/** What is shown of a hash, to anybody and anywhere. */
export const A_PASSWORD = "(a password hash)";

/**
 * What becomes of what a password's sources gave. Nothing of it rejects the record: somebody without a usable hash is somebody
 * all the same.
 *
 * @param found undefined where no source is present; no text where one could not be worked out
 */
export function settlePassword({ formats = [] }: FieldRule, found: unknown): MappedPassword {
  if (found === undefined) return NONE;
  if (typeof found !== "string") return { found: "unusable", because: "unreadable" };
  const read = readPasswordHash(found, formats);
  if (read === "none") return NONE;
  if (typeof read === "string") return { found: "unusable", because: read };
  return { found: "hash", hash: new Secret(found.trim()) };
}

const NONE: MappedPassword = { found: "none" };
