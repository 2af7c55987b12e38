import { DIGEST_BYTES, type Digest, type PageCut, type PageRecords } from "../../domain/page-records";
import type { Body } from "../http/body";
import { digestOf, digestOfPieces } from "./digest";

/** Of a page's bytes and of all else that decides how it is cut. */
export const digestOfPage = ({ pieces }: Body, path: readonly string[], depth: number): Digest =>
  digestOf(JSON.stringify([digestOfPieces(pieces), path, depth]));

/** The records of a page that was cut before: nothing of them is looked at unless one is to be parsed. */
export const rememberedRecords = ({ digests }: PageCut, cut: () => PageRecords): PageRecords => ({
  length: digests.length / DIGEST_BYTES,
  digests: () => digests,
  parse: (begin, end) => (begin < end ? cut().parse(begin, end) : []),
});
