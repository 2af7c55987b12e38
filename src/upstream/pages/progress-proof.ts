import { hash } from "node:crypto";
import { Failure } from "../../domain/errors";
import type { PageRecords } from "../../domain/page-records";
import type { Limits } from "../http/limits";
import type { Target } from "../http/request-url";
import type { Page } from "./read-page";

/** More records than twice the declared number, and this many besides, come from paging that does not end. */
const SLACK = 1_000;

/** So many pages in a row without a record lead nowhere, whatever cursor comes with them. */
const EMPTY_IN_A_ROW = 1_000;

/** What an enumeration has given so far; plain JSON. */
export interface Given {
  /** Records. */
  readonly received: number;
  /** The highest number of them that was declared. */
  readonly declared: number | null;
  /** A mark of every page, `MARK` characters each. */
  readonly seen: string;
}

/** Characters of a page's mark, 6 bits each. */
export const MARK = 11;
/** In the place of an empty page's mark: empty pages may come again. */
const EMPTY = ".".repeat(MARK);

const NOWHERE = EMPTY.repeat(EMPTY_IN_A_ROW);

const NOTHING: Given = { received: 0, declared: null, seen: "" };

export interface ProgressProof extends Given {
  /** Records of the longest page since it went on. */
  readonly longest: number;
  /** Whether a page that is still to be admitted has records, and is none that came before. */
  isNew(page: Pick<Page, "records">): boolean;
  /** Before a request: it was not made before, and there is reason to believe in an end. Throws UPS014. */
  admitRequest(target: Target, number: number): void;
  /** After a page: it did not come before. Throws UPS014. */
  admitPage(page: Page, number: number): void;
}

/**
 * Holds that an enumeration goes forward: otherwise its end, if it ever came, would prove nothing.
 *
 * @param before what came before it was interrupted
 */
export const createProgressProof = (shown: string, limits: Limits, before: Given = NOTHING): ProgressProof => {
  const requests = new Set<string>();
  const pages = new Map(marksOf(before).map((mark, index) => [mark, index + 1]));
  let { received, declared, seen } = before;
  let longest = 0;
  const lost = (number: number, message: string): Failure =>
    new Failure("UPS014", `${shown} (page ${number}) ${message}`, {
      fix: "check `page` against the documentation of the customer's system: it may expect other parameters",
    });

  return {
    get received() {
      return received;
    },
    get declared() {
      return declared;
    },
    get seen() {
      return seen;
    },
    get longest() {
      return longest;
    },
    isNew({ records }) {
      return records.length > 0 && !pages.has(markOf(records));
    },
    admitRequest({ url }, number) {
      if (requests.has(url.href)) throw lost(number - 1, "points back to a page that was already read");
      requests.add(url.href);
      if (number > limits.pages)
        throw lost(number, `would be one more than the ${limits.pages} pages that are read at most`);
      if (declared !== null && received > 2 * declared + SLACK)
        throw lost(number, `is asked for although ${declared} records were declared and ${received} have come`);
    },
    admitPage({ records, total }, number) {
      received += records.length;
      longest = Math.max(longest, records.length);
      if (total !== null) declared = Math.max(declared ?? 0, total);
      const mark = records.length === 0 ? EMPTY : markOf(records);
      const earlier = mark === EMPTY ? undefined : pages.get(mark);
      if (earlier !== undefined) throw lost(number, `is the same as page ${earlier}`);
      pages.set(mark, number);
      seen += mark;
      if (mark === EMPTY && seen.endsWith(NOWHERE))
        throw lost(number, `is the last of ${EMPTY_IN_A_ROW} pages in a row without a record`);
    },
  };
};

const marksOf = ({ seen }: Given): readonly string[] =>
  Array.from({ length: seen.length / MARK }, (_, page) => seen.slice(page * MARK, (page + 1) * MARK));

const markOf = (records: PageRecords): string => hash("sha256", records.digests(), "base64url").slice(0, MARK);
