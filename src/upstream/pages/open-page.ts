import { isUtf8 } from "node:buffer";
import { Failure } from "../../domain/errors";
import { EACH_VALUE, type Paging, type Stream } from "../../domain/job";
import type { PageMemory, PageRecords } from "../../domain/page-records";
import { Body, withoutMark } from "../http/body";
import type { Answer } from "../http/http-client";
import type { Limits } from "../http/limits";
import { readHeader, readPath } from "../http/places";
import { readJson } from "../http/read-json";
import { type CutPage, cutPage, type ListPlace, withoutList } from "./cut-page";
import { cutRecords } from "./cut-records";
import { isNamedTwice } from "./named-twice";
import { digestOfPage, rememberedRecords } from "./remembered-records";

export interface OpenPage {
  /** The page's value. Where the records were cut out, an empty list is in their place. */
  readonly body: unknown;
  /** Null where the page had to be parsed whole. */
  readonly cut: PageRecords | null;
}

/**
 * Parses a page up to its records where it can be cut, else whole; no body is null, unless the answer says of what type it is. Fails
 * as `readJson` does, and with UPS013 where the list is named twice, or what leads on from it. What a job ignores can only be left out of
 * values, and the values of an object are no list, so there is nothing to cut then.
 *
 * @param memory of pages that were cut before, which need not be cut again; null does without
 */
export const openPage = (
  answer: Answer,
  { records: path, page: paging, ignore }: Pick<Stream, "records" | "page" | "ignore">,
  shown: string,
  limits: Limits,
  memory: PageMemory | null = null,
): OpenPage => {
  if (answer.body.length === 0 && !isCutOff(answer)) return { body: null, cut: null };
  const page = withoutMark(answer.body);
  const leading = placesOf(paging);
  function whole(): unknown {
    const body = readJson(answer, shown, limits);
    refuseTwice(page.whole(), [path, ...leading], shown);
    return body;
  }
  if (path.at(-1) === EACH_VALUE || ignore.length > 0 || leading.some((place) => isInside(place, path)))
    return { body: whole(), cut: null };

  function envelopeOf(place: ListPlace): unknown {
    const envelope = withoutList(page, place);
    const body = parsed(envelope, answer, limits);
    if (body !== undefined) refuseTwice(envelope, leading, shown);
    return body;
  }
  const recordsOf = (cut: CutPage): PageRecords =>
    cutRecords(page.whole(), cut, () => readPath(whole(), path) as readonly unknown[]);
  const digest = memory === null ? null : digestOfPage(page, path, limits.depth);
  const known = digest === null ? null : (memory?.recall(digest) ?? null);
  if (known !== null) return { body: envelopeOf(known), cut: rememberedRecords(known, () => recordsOf(cutAgain())) };

  const bytes = page.whole();
  const cut = isUtf8(bytes) ? cutPage(bytes, path, limits.depth) : null;
  const body = cut === null ? undefined : envelopeOf(cut);
  if (cut === null || !Array.isArray(readPath(body, path))) return { body: whole(), cut: null };
  const records = recordsOf(cut);
  if (digest !== null) memory?.remember(digest, { begin: cut.begin, end: cut.end, digests: records.digests() });
  return { body, cut: records };

  function cutAgain(): CutPage {
    const again = cutPage(page.whole(), path, limits.depth);
    if (again === null) throw new Error("a page that was cut before cannot be cut");
    return again;
  }
};

/** A parser keeps the second of two: what is only in the first would look gone, or never be asked for. */
function refuseTwice(bytes: Buffer, paths: readonly (readonly string[])[], shown: string): void {
  for (const path of paths)
    if (isNamedTwice(bytes, path))
      throw new Failure("UPS013", `${shown} answered with \`${path.join(".")}\` twice in one page`, {
        fix: "nobody can tell which of them counts: ask the upstream's people",
      });
}

/** An empty body with a content type, or packed, got lost on the way: no JSON is empty. */
const isCutOff = ({ status, headers }: Answer): boolean =>
  status !== 204 && ["content-type", "content-encoding"].some((name) => (readHeader(headers, name) ?? "") !== "");

/** Undefined for what is no JSON: the page is then read whole, and that says so. */
const parsed = (body: Buffer, { headers }: Answer, limits: Limits): unknown => {
  try {
    return readJson({ headers, body: new Body([body]) }, "", limits);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
};

/** Where paging looks in a body. */
const placesOf = (paging: Paging): readonly (readonly string[])[] => [
  ...(paging.total?.in === "body" ? [paging.total.path] : []),
  ...(paging.kind === "cursor" && paging.at.in === "body" ? [paging.at.path] : []),
  ...(paging.kind === "next-url" ? [paging.at] : []),
];

const isInside = (path: readonly string[], list: readonly string[]): boolean =>
  path.length > list.length && list.every((name, at) => path[at] === name);
