import { isUtf8 } from "node:buffer";
import { Failure } from "../domain/errors";
import type { Paging, Stream } from "../domain/job";
import type { PageRecords } from "../domain/page-records";
import { cutPage } from "./cut-page";
import { cutRecords } from "./cut-records";
import type { Answer } from "./http-client";
import type { Limits } from "./limits";
import { readPath } from "./places";
import { readJson, withoutMark } from "./read-json";

export interface OpenPage {
  /** The page's value. Where the records were cut out, an empty list is in their place. */
  readonly body: unknown;
  /** Null where the page had to be parsed whole. */
  readonly cut: PageRecords | null;
}

/**
 * Parses a page up to its records where it can be cut, else whole; no body is null. Fails as `readJson` does. What a job
 * ignores can only be left out of values, so there is nothing to cut then.
 */
export const openPage = (
  answer: Answer,
  { records: path, page: paging, ignore }: Pick<Stream, "records" | "page" | "ignore">,
  shown: string,
  limits: Limits,
): OpenPage => {
  if (answer.body.length === 0) return { body: null, cut: null };
  const whole = (): unknown => readJson(answer, shown, limits);
  const bytes = withoutMark(answer.body);
  const isCuttable = ignore.length === 0 && !readsRecords(paging, path) && isUtf8(bytes);
  const cut = isCuttable ? cutPage(bytes, path, limits.depth) : null;
  const body = cut === null ? undefined : parsed(cut.envelope, answer, limits);
  if (cut === null || !Array.isArray(readPath(body, path))) return { body: whole(), cut: null };
  return { body, cut: cutRecords(bytes, cut, () => readPath(whole(), path) as readonly unknown[]) };
};

/** Undefined for what is no JSON, which is told of the page as a whole. */
const parsed = (body: Buffer, { headers }: Answer, limits: Limits): unknown => {
  try {
    return readJson({ headers, body }, "", limits);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
};

/** Whether a place where paging looks is inside the list of records. */
const readsRecords = (paging: Paging, list: readonly string[]): boolean => {
  const places = [
    paging.total,
    paging.kind === "cursor" ? paging.at : null,
    paging.kind === "next-url" ? ({ in: "body", path: paging.at } as const) : null,
  ];
  return places.some(
    (place) =>
      place?.in === "body" && place.path.length > list.length && list.every((name, at) => place.path[at] === name),
  );
};
