import { isAscii } from "node:buffer";
import type { PageRecords } from "../domain/page-records";
import type { CutPage } from "./cut-page";
import { digestOf, onceEach } from "./digest";
import { withExactIntegers } from "./read-json";

/**
 * The records of a page that was cut, each parsed from its own bytes. Their digests are over these bytes.
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
  const bytesOf = (index: number): Buffer => bytes.subarray(bounds[2 * index], bounds[2 * index + 1]);
  return {
    length: bounds.length / 2,
    digest: onceEach((index) => digestOf(bytesOf(index))),
    parse(index) {
      const record = bytesOf(index);
      try {
        return JSON.parse((hasLong ? withExactIntegers(record) : record).toString(encoding));
      } catch {
        return whole()[index];
      }
    },
  };
};
