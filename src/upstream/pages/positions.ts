/** Where an enumeration goes on, in a form that can be kept, so that another process can go on there. */
import { Failure } from "../../domain/errors";
import type { Paging } from "../../domain/job";
import type { Position } from "../../domain/page-records";
import { linkedTarget, type Target, withQuery } from "../http/request-url";
import type { Next } from "./paging";
import { type Given, MARK } from "./progress-proof";

/**
 * The position before the next page. Null at the end, and where pages are counted: what came or went meanwhile would shift
 * them.
 *
 * @param target of the next page, without credentials
 */
export const positionBefore = (next: Next, target: Target, paging: Paging, given: Given): Position | null => {
  const { received, declared, seen } = given;
  if (next === null) return null;
  if ("href" in next) return { received, declared, seen, href: target.url.href };
  return isAsked(paging) ? { received, declared, seen, value: next.query[paging.as] } : null;
};

/**
 * What a position says.
 *
 * @param first the enumeration's first page
 * @throws Failure UPS010 for what is no position of this paging, UPS015 for one at another origin
 */
export const readPosition = (
  { received, declared, seen, href, value }: Position,
  paging: Paging,
  first: Target,
): { readonly given: Given; readonly target: Target } => {
  const target =
    typeof href === "string" && (paging.kind === "link" || paging.kind === "next-url")
      ? linkedTarget(first, href)
      : typeof value === "string" && isAsked(paging)
        ? withQuery(first, { [paging.as]: value })
        : null;
  if (target === null || !isCount(received) || !(declared === null || isCount(declared)) || !isSeen(seen))
    throw new Failure("UPS010", `${first.shown} cannot be read on from where it was interrupted`, {
      fix: "read it from its beginning, with `--full`",
    });
  return { given: { received, declared, seen }, target };
};

/** Whether the next page is asked for by something that the page before it says. */
const isAsked = (paging: Paging): paging is Extract<Paging, { kind: "cursor" | "keyset" }> =>
  paging.kind === "cursor" || paging.kind === "keyset";

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isSeen = (value: unknown): value is string =>
  typeof value === "string" && value.length % MARK === 0 && /^[\w.-]+$/.test(value);
