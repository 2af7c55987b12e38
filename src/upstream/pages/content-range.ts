import type { Answer } from "../http/http-client";
import { readHeader } from "../http/places";

/** `records 0-56/60`, and without its unit; either side of the slash may be `*` (RFC 9110, 14.4). */
const RANGE = /^\s*(?:[^\s/]+\s+)?(?:(\d+)-(\d+)|\*)\/(\d+|\*)\s*$/;

/**
 * What an answer says of itself that came last: why it is only a part of what there is. Systems say so by status 206, and with
 * any status by a `Content-Range` that ends before the end, or with which there are fewer than there should be.
 *
 * @param before records of the enumeration that came with earlier pages
 * @param length records of this one
 * @returns null where nothing speaks against its being the end
 */
export const partToldBy = (
  { status, headers }: Pick<Answer, "status" | "headers">,
  before: number,
  length: number,
): string | null => {
  const header = readHeader(headers, "content-range");
  const [, first, last, of] = RANGE.exec(header ?? "") ?? [];
  if (of === undefined || of === "*") return status === 206 ? "a part of its list (status 206)" : null;
  const covered = last === undefined ? length : Number(last) - Number(first) + 1;
  // Some count from 0, as they should, and some from 1.
  const reached = Math.min(before + covered, last === undefined ? Number.POSITIVE_INFINITY : Number(last) + 1);
  return reached < Number(of) ? `a part of its list (\`Content-Range\`: ${reached} of ${of})` : null;
};
