import { DIGEST_BYTES, type Digest, type PageCut, type PageRecords } from "../domain/page-records";
import { digestOf } from "./digest";

/** Of a page's bytes and of all else that decides how it is cut. */
export const digestOfPage = (bytes: Buffer, path: readonly string[], depth: number): Digest =>
  digestOf(JSON.stringify([digestOf(bytes), path, depth]));

/** The digests of all records of a page, to be remembered. */
export const packDigests = ({ length, digest }: PageRecords): Buffer => {
  const packed = Buffer.allocUnsafe(length * DIGEST_BYTES);
  for (let index = 0; index < length; index += 1) packed.write(digest(index), index * DIGEST_BYTES, "latin1");
  return packed;
};

/** The records of a page that was cut before: nothing of them is looked at unless one is to be parsed. */
export const rememberedRecords = ({ digests }: PageCut, cut: () => PageRecords): PageRecords => ({
  length: digests.length / DIGEST_BYTES,
  digest: (index) => digests.toString("latin1", index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES),
  parse: (begin, end) => (begin < end ? cut().parse(begin, end) : []),
});
