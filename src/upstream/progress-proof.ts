import { hash } from "node:crypto";
import { Failure } from "../domain/errors";
import type { Limits } from "./limits";
import type { Page } from "./read-page";
import type { Target } from "./request-url";

/** More records than twice the declared number, and this many besides, come from paging that does not end. */
const SLACK = 1_000;

export interface ProgressProof {
  /** Before a request: it was not made before, and there is reason to believe in an end. Throws UPS014. */
  admitRequest(target: Target, number: number): void;
  /** After a page: it did not come before. Throws UPS014. */
  admitPage(page: Page, number: number): void;
  /** Records so far. */
  readonly received: number;
  /** The highest number declared so far. */
  readonly declared: number | null;
}

/** Holds that an enumeration goes forward: otherwise its end, if it ever came, would prove nothing. */
export const createProgressProof = (shown: string, limits: Limits): ProgressProof => {
  const requests = new Set<string>();
  const pages = new Map<string, number>();
  let received = 0;
  let declared: number | null = null;
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
      if (total !== null) declared = Math.max(declared ?? 0, total);
      if (records.length === 0) return;
      const digest = hash("sha1", JSON.stringify(records), "base64");
      const before = pages.get(digest);
      if (before !== undefined) throw lost(number, `is the same as page ${before}`);
      pages.set(digest, number);
    },
  };
};
