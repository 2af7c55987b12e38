import { DIGEST_BYTES, type Digest, type PageCut, type PageRecords } from "../../domain/page-records";
import type { Body } from "../http/body";
import { digestOf, digestOfPieces } from "./digest";

/** Of a page's bytes and of all else that decides how it is cut. */
export const digestOfPage = ({ pieces }: Body, path: readonly string[], depth: number): Digest =>
  digestOf(JSON.stringify([digestOfPieces(pieces), path, depth]));

/** The records of a page that was cut before: nothing of them is looked at unless one is to be parsed. */
export const rememberedRecords = ({ digests }: PageCut, cutAgain: () => PageRecords): PageRecords => {
  let cut: PageRecords | null = null;
  return {
    length: digests.length / DIGEST_BYTES,
    digests: () => digests,
    parse(begin, end) {
      if (begin >= end) return [];
      // Once, for those who are rejected or held are asked for one by one.
      cut ??= cutAgain();
      return cut.parse(begin, end);
    },
  };
};
