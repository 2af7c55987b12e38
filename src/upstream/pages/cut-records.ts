import { isAscii } from "node:buffer";
import type { PageRecords } from "../../domain/page-records";
import { withExactIntegers } from "../http/read-json";
import type { CutPage } from "./cut-page";
import { digestsOf } from "./digest";

/**
 * The records of a page that was cut, parsed from their own bytes: neighbours at once, for a parser is quicker with a list of
 * things that are alike. Their digests are over these bytes.
 *
 * @param bytes of the whole page, in UTF-8
 * @param whole parses the page whole, and fails as a page does that is no JSON
 */
export const cutRecords = (
  bytes: Buffer,
  { bounds, hasLong }: CutPage,
  whole: () => readonly unknown[],
): PageRecords => {
  const encoding = isAscii(bytes) ? "latin1" : "utf8";
  const bytesOf = (begin: number, end: number): Buffer => bytes.subarray(bounds[2 * begin], bounds[2 * end - 1]);
  return {
    length: bounds.length / 2,
    digests: digestsOf(bounds.length / 2, (index) => bytesOf(index, index + 1)),
    parse(begin, end) {
      if (begin >= end) return [];
      const records = bytesOf(begin, end);
      try {
        const text = (hasLong ? withExactIntegers(records) : records).toString(encoding);
        const values = JSON.parse(`[${text}]`) as unknown[];
        if (values.length === end - begin) return values;
      } catch {
        // It is told of the page.
      }
      return whole().slice(begin, end);
    },
  };
};
