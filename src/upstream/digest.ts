import { hash } from "node:crypto";
import type { Digest } from "../domain/page-records";

/** Characters of a digest, a byte each. */
const LENGTH = 16;

/**
 * SHA-256, cut short. Nothing weaker will do: who may edit a part of a record must not be able to make what becomes of it
 * later, with a role taken away, look like what it is now. Text counts as UTF-8.
 */
export const digestOf = (data: Uint8Array | string): Digest => hash("sha256", data, "binary").slice(0, LENGTH);

/** The same function, which does its work once for each index. */
export const onceEach = (digest: (index: number) => Digest): ((index: number) => Digest) => {
  const known: Digest[] = [];
  return (index) => {
    const made = known[index] ?? digest(index);
    known[index] = made;
    return made;
  };
};
