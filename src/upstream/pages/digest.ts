import { createHash, hash } from "node:crypto";
import { DIGEST_BYTES, type Digest } from "../../domain/page-records";

/**
 * SHA-256, cut short. Nothing weaker will do: who may edit a part of a record must not be able to make what becomes of it
 * later, with a role taken away, look like what it is now. Text counts as UTF-8.
 */
export const digestOf = (data: Uint8Array | string): Digest => hash("sha256", data, "binary").slice(0, DIGEST_BYTES);

/** Of what these are one after the other. */
export const digestOfPieces = (pieces: readonly Uint8Array[]): Digest => {
  const sum = createHash("sha256");
  for (const piece of pieces) sum.update(piece);
  return sum.digest("binary").slice(0, DIGEST_BYTES);
};

/** The digests of so many things one after the other; made when they are asked for first. */
export const digestsOf = (length: number, dataOf: (index: number) => Uint8Array | string): (() => Buffer) => {
  let packed: Buffer | null = null;
  return () => {
    if (packed !== null) return packed;
    packed = Buffer.allocUnsafe(length * DIGEST_BYTES);
    for (let index = 0; index < length; index += 1)
      packed.write(digestOf(dataOf(index)), index * DIGEST_BYTES, "latin1");
    return packed;
  };
};
