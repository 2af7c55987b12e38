import { EACH_VALUE, type Paging, type Place } from "../../domain/job";
import { listed, suggestion } from "../../domain/suggest";
import type { Entry } from "../yaml/entry";
import { isNoList, missingName, recordLists } from "./answer-shape";
import type { ApiDocument, Operation } from "./api-document";

const named = (operation: Operation) => `\`${operation.id ?? operation.path}\``;

/** Every query parameter that is sent must exist, and every required one must be sent. */
export function checkQueryNames(
  operation: Operation,
  sent: readonly { readonly name: string; readonly entry: Entry }[],
  get: Entry,
): void {
  const known = operation.queryParameters.map((parameter) => parameter.name);
  const isOpen = (name: string) => operation.openPrefixes.some((prefix) => name.startsWith(prefix));
  for (const { name, entry } of sent.filter((parameter) => !known.includes(parameter.name))) {
    if (isOpen(name)) continue;
    const message = `\`${name}\` is not a query parameter of ${named(operation)}`;
    entry.report({ code: "OAS004", message, hint: suggestion(name, known), atKey: entry.name === name });
  }
  for (const { name } of operation.queryParameters.filter((parameter) => parameter.required)) {
    if (sent.some((parameter) => parameter.name === name)) continue;
    const message = `${named(operation)} requires the query parameter \`${name}\``;
    get.report({ code: "OAS004", message, hint: `write it under \`query: { ${name}: … }\`` });
  }
}

/** Where the records are: as the job says, checked against the document, or the only list of objects in the answer. */
export function placeOfRecords(
  written: readonly string[] | null,
  entry: Entry | null,
  get: Entry,
  operation: Operation | null,
  api: ApiDocument | null,
): readonly string[] {
  if (operation?.answer == null || api === null) return written ?? [];
  if (written !== null) {
    const isEach = written.at(-1) === EACH_VALUE;
    const isThere = checkPath(isEach ? written.slice(0, -1) : written, entry ?? get, operation, api);
    if (isThere && !isEach && isNoList(api, operation.answer, written)) {
      const lists = recordLists(api, operation.answer).map((path) => path.join("."));
      const message = `\`${written.join(".")}\` is not a list in the answer of ${named(operation)}`;
      (entry ?? get).report({ code: "OAS006", message, hint: suggestion(written.join("."), lists) });
    }
    return written;
  }
  const lists = recordLists(api, operation.answer);
  const [only] = lists;
  if (only !== undefined && lists.length === 1) return only;
  if (lists.length > 1) {
    const places = listed(lists.map((path) => (path.length === 0 ? "the page itself" : path.join("."))));
    const message = `the answer of ${named(operation)} holds several lists: ${places}`;
    get.report({ code: "OAS006", message, hint: "say which with `records:`" });
  } else if (isNoList(api, operation.answer, [])) {
    const message = `the answer of ${named(operation)} holds no list of records that can be told`;
    get.report({ code: "OAS006", message, hint: "say where it is with `records:`" });
  }
  return [];
}

/** Where one record is must be somewhere the answer has. */
export function checkOnePlace(place: readonly string[], entry: Entry, operation: Operation, api: ApiDocument): void {
  checkPath(place.at(-1) === EACH_VALUE ? place.slice(0, -1) : place, entry, operation, api);
}

/** A page larger than the system gives is refused, or cut: and a page that is not full passes for the last. */
export function checkPageSize({ size }: Paging, entry: Entry | null, operation: Operation): void {
  const maximum = operation.queryParameters.find(({ name }) => name === size?.name)?.maximum ?? null;
  if (size === null || maximum === null || size.count <= maximum) return;
  entry?.get("size")?.report({
    message: `\`${size.name}\` of ${named(operation)} is ${maximum} at most: a larger page is refused, or cut and then taken for the last one`,
    hint: `write \`${size.name}=${maximum}\``,
  });
}

/** Where paging looks into the answer must be somewhere the answer has. */
export function checkPagingPlaces(page: Paging, entry: Entry | null, operation: Operation, api: ApiDocument): void {
  const places: readonly (readonly [string, Place | null])[] = [
    ["total", page.total],
    ["cursor", page.kind === "cursor" ? page.at : null],
    ["next-url", page.kind === "next-url" ? { in: "body", path: page.at } : null],
  ];
  for (const [word, place] of places) {
    const at = entry?.get(word);
    if (at != null && place?.in === "body") checkPath(place.path, at, operation, api);
  }
}

/** Reports the first name of a path that the answer does not have. */
function checkPath(path: readonly string[], entry: Entry, operation: Operation, api: ApiDocument): boolean {
  const missing = operation.answer === null ? null : missingName(api, operation.answer, path);
  if (missing === null) return true;
  entry.report({
    code: "OAS006",
    message: `the answer of ${named(operation)} has no \`${missing.name}\``,
    hint: suggestion(missing.name, missing.known),
  });
  return false;
}
