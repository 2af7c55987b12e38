import { isEntity } from "../../domain/entities";
import { type Deletes, EACH_VALUE, type OneSpec, type Paging, type Stream } from "../../domain/job";
import type { MappingSpec } from "../../domain/mapping";
import { sharedKeyset } from "../../domain/shared-keyset";
import { nearest } from "../../domain/suggest";
import type { ApiDocument } from "../openapi/api-document";
import { checkOnePlace, checkPageSize, checkPagingPlaces, placeOfRecords } from "../openapi/check-operation";
import { recordShapeAt } from "../openapi/record-shape";
import type { Variables } from "../variables";
import type { Entry } from "../yaml/entry";
import { checkPagingQuery } from "./check-paging-query";
import { parsePath } from "./quantities";
import { readIncrements, sinceParameters } from "./read-increments";
import { readPaging, readPlaceOfRecords } from "./read-paging";
import { checkRecordPath, readRecordPaths } from "./read-record-paths";
import { type RequestContext, readRequest } from "./read-request";

/** What the streams of one job share. */
export interface StreamContext {
  readonly defaults: Entry | null;
  readonly variables: Variables;
  readonly baseUrl: string;
  /** Of the schedule. */
  readonly timezone: string;
  readonly api: ApiDocument | "unreadable" | null;
  /** By stream name. */
  readonly mappings: ReadonlyMap<string, MappingSpec>;
}

/** One entry under `entities:`. Without its mapping it is checked all the same, but comes to nothing. */
export function readStream(
  entry: Entry,
  mapping: MappingSpec | null,
  context: StreamContext,
): Omit<Stream, "parentShape"> | null {
  const get = entry.get("get") ?? entry;
  const each = entry.get("each")?.text() ?? null;
  const pageEntry = entry.get("page") ?? context.defaults?.get("page") ?? null;
  const page = readPaging(pageEntry);
  const { request, operation, templates } = readRequest(
    get,
    [context.defaults?.get("query") ?? null, entry.get("query")],
    [...pageParameters(page, pageEntry), ...sinceParameters(entry)],
    { ...context, allowed: each === null ? ["run.id"] : ["parent", "run.id"], filling: parentFilling(each, context) },
  );
  // What an entity says of its paging overrides a `query` of all, as it should.
  const isShared = entry.get("page") === null;
  checkPagingQuery(page, get, [
    isShared ? (context.defaults?.get("query") ?? null) : null,
    entry.get("query"),
    entry.get("since")?.get("query") ?? null,
  ]);
  if (
    each !== null &&
    operationIsKnown(get, context, operation) &&
    !templates.some((name) => name === "?" || name.startsWith("parent."))
  ) {
    const message = `\`${entry.name}\` asks the same for each of \`${each}\`: nothing in \`get\` or \`query\` names the parent`;
    get.report({ message, hint: "e.g. `/roles/{parent.id}/members`" });
  }

  const api = context.api === "unreadable" ? null : context.api;
  const recordsEntry = entry.get("records") ?? context.defaults?.get("records") ?? null;
  const written = recordsEntry === null ? null : readPlaceOfRecords(recordsEntry);
  if (operation !== null) checkPageSize(page, pageEntry, operation);
  if (operation !== null && api !== null) checkPagingPlaces(page, pageEntry, operation, api);

  const deletes = readDeletes(entry, each);
  if (pageEntry === null && deletes.absence !== "never") {
    const message = `\`${entry.name}\` does not say how it pages, so its first page is taken for everything there is`;
    entry.report({ code: "CFG011", severity: "warning", message, hint: "say `page: none` if that is so", atKey: true });
  }
  const one = readOne(entry.get("one"), mapping, context);
  const records = placeOfRecords(written, recordsEntry, get, operation, api);
  const shape = operation?.answer == null || api === null ? null : recordShapeAt(api, operation.answer, records);
  if (page.kind === "keyset" && records.at(-1) === EACH_VALUE) {
    const message = "`keyset` goes on from the last record, and the values of an object have no order to trust";
    recordsEntry?.report({ message, hint: "page in another way" });
  }
  const keyset = page.kind === "keyset" ? (pageEntry?.get("keyset") ?? null) : null;
  if (page.kind === "keyset" && keyset !== null)
    checkRecordPath(keyset, page.field, [shape], "no page but the first can be asked for");
  const shared = mapping === null ? null : sharedKeyset({ page, mapping });
  if (keyset !== null && mapping !== null && shared !== null)
    warnOfShared(keyset, shared, entry.name, mapping, deletes);
  const ignore = readRecordPaths(entry.get("ignore"), [shape], "what was meant counts as a change");
  const increments = readIncrements(entry, mapping, deletes, { ...context, shape });
  if (mapping === null) return null;
  return {
    name: entry.name,
    into: mapping.into,
    each,
    request,
    one,
    page,
    records,
    ignore,
    shape,
    deletes,
    increments,
    mapping,
  };
}

function warnOfShared(keyset: Entry, shared: string, name: string, { into }: MappingSpec, deletes: Deletes): void {
  const areLinks = !isEntity(into);
  if (areLinks && deletes.absence === "never") return;
  const message = areLinks
    ? `links of \`${name}\` may share \`${shared}\`, and one beside the edge of a page is on none, so a list of several pages is never complete and revokes nothing`
    : `\`${shared}\` is not the key of \`${name}\`: whoever shares it with the last record of a page is on no page, so only those count as gone whom \`one\` finds gone`;
  const way = areLinks ? "page by a cursor" : "page by the key";
  const hint = `${way}, declare the \`total\`, or say \`unique: true\` if no two share it`;
  keyset.report({ code: "CFG011", severity: "warning", message, hint });
}

/** False when `get` could not be understood, which has been told. */
const operationIsKnown = (get: Entry, { api }: StreamContext, operation: unknown) =>
  operation !== null || (get.text() ?? "").startsWith("/") || (api === null && (get.text() ?? "").startsWith("http"));

function pageParameters(page: Paging, entry: Entry | null): readonly { name: string; entry: Entry }[] {
  const parameter = (word: string, name: string | undefined) => {
    const at = entry?.get(word);
    return at == null || name === undefined ? [] : [{ name, entry: at }];
  };
  const taken =
    "as" in page ? parameter(page.kind === "offset" || page.kind === "number" ? page.kind : "as", page.as) : [];
  return [...taken, ...parameter("size", page.size?.name)];
}

/** For a child, the one path parameter of its operation is the parent's key, where that is a plain path. */
function parentFilling(each: string | null, { mappings }: StreamContext): RequestContext["filling"] {
  if (each === null) return { template: null, because: "nothing fills it" };
  // A parent whose mapping cannot be read has been told about; its key is no second mistake.
  const key = mappings.get(each)?.key?.text ?? "id";
  return /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(key) && parsePath(key) !== null
    ? { template: `parent.${key}`, because: "" }
    : { template: null, because: `the key of \`${each}\` is computed, so it cannot fill it` };
}

function readOne(entry: Entry | null, mapping: MappingSpec | null, context: StreamContext): OneSpec | null {
  if (entry === null) return null;
  if (mapping !== null && !isEntity(mapping.into)) {
    const message = `\`one\` reads a record by its key; \`${mapping.into}\` are links, which have none`;
    entry.report({ message, hint: "remove it", atKey: true });
  }
  const get = entry.get("get") ?? entry;
  const { request, operation, templates } = readRequest(get, [entry.get("query")], [], {
    ...context,
    allowed: ["key", "run.id"],
    filling: { template: "key", because: "" },
  });
  if (operationIsKnown(get, context, operation) && !templates.some((name) => name === "?" || name === "key")) {
    get.report({ message: "`one` does not say which record: `{key}` is missing", hint: "e.g. `/users/{key}`" });
  }
  const recordsEntry = entry.get("records");
  const records = recordsEntry === null ? [] : readPlaceOfRecords(recordsEntry);
  const api = context.api === "unreadable" ? null : context.api;
  if (recordsEntry !== null && operation !== null && api !== null) checkOnePlace(records, recordsEntry, operation, api);
  return { ...request, records };
}

const ABSENCE = ["never", "sweep", "sweep-now", "sweep-within-parent"] as const;

/** Words for `never` elsewhere. A property of that name can stand in backquotes. */
const NEVER: ReadonlySet<string> = new Set(["none", "no"]);

/** `deletes:`. Nothing said means never: what nobody asked to be removed stays. */
function readDeletes(stream: Entry, each: string | null): Deletes {
  const entry = stream.get("deletes");
  if (entry === null) {
    const message = `\`${stream.name}\` does not say when a record counts as gone, so nothing will ever be removed`;
    stream.report({
      code: "CFG011",
      severity: "warning",
      message,
      hint: "say `deletes: sweep` or `deletes: never`",
      atKey: true,
    });
    return { absence: "never", expression: null };
  }
  const items = entry.isList ? entry.items() : [entry];
  const isWord = (item: Entry) => (ABSENCE as readonly (string | null)[]).includes(item.text());
  const [word, ...moreWords] = items.filter(isWord);
  const [condition, ...moreConditions] = items.filter((item) => !isWord(item));
  for (const item of moreWords) {
    const message =
      item.text() === word?.text()
        ? `\`${item.text()}\` stands there twice`
        : `\`${word?.text()}\` and \`${item.text()}\` exclude each other`;
    item.report({ message, hint: "keep one of them" });
  }
  for (const item of moreConditions) {
    item.report({ message: "there can be one expression", hint: "join the two with `or`" });
  }
  const written = condition?.text() ?? "";
  const meant = NEVER.has(written) ? "never" : /^[\w-]+$/.test(written) ? nearest(written, ABSENCE) : null;
  if (meant !== null)
    condition?.report({ message: `unknown value \`${written}\` for \`deletes\``, hint: `did you mean \`${meant}\`?` });
  const absence = ABSENCE.find((known) => known === word?.text()) ?? "never";
  if (absence === "sweep-within-parent" && each === null) {
    word?.report({ message: "`sweep-within-parent` is for entities with `each`", hint: "did you mean `sweep`?" });
  }
  // What is no expression is looked at no further.
  const expression = meant === null ? (condition?.expression() ?? null) : null;
  return { absence, expression };
}
