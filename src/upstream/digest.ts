import { hash } from "node:crypto";
import { DIGEST_BYTES, type Digest } from "../domain/page-records";

/**
 * SHA-256, cut short. Nothing weaker will do: who may edit a part of a record must not be able to make what becomes of it
 * later, with a role taken away, look like what it is now. Text counts as UTF-8.
 */
export const digestOf = (data: Uint8Array | string): Digest => hash("sha256", data, "binary").slice(0, DIGEST_BYTES);

/** The same function, which does its work once for each index. */
export const onceEach = (digest: (index: number) => Digest): ((index: number) => Digest) => {
  const known: Digest[] = [];
  return (index) => {
    const made = known[index] ?? digest(index);
    known[index] = made;
    return made;
  };
};
