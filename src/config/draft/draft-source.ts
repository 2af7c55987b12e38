import { FIELDS, isEntity } from "../../domain/entities";
import type { InitAnswer, InitRequest, InitStream } from "../../domain/init";
import type { MappingSpec } from "../../domain/mapping";
import type { ApiDocument } from "../openapi/api-document";
import { listOperations } from "./choose-operations";
import { type DraftedPart, draftStreams } from "./draft-streams";
import type { DraftedMapping, Remark } from "./drafted";
import { guessAuth } from "./guess-auth";
import { guessBaseUrl } from "./guess-base-url";
import { type Example, examplesFor } from "./make-example";
import { NotedVariables } from "./noted-variables";
import { plainText } from "./plain-text";
import { requiredHeaders } from "./request-words";
import { selectLists } from "./select-lists";
import { specOf } from "./trial-spec";
import { writeJob } from "./write-job";
import { type DraftedTest, writeMapping } from "./write-mapping";

/** A drafted mapping, to be tried by code that can run mappings. */
export interface TrialMapping {
  readonly name: string;
  readonly spec: MappingSpec;
  /** The first of these records that the mapping takes becomes its test. */
  readonly examples: readonly Example[];
  /** The file, with the test that came of it. */
  readonly write: (test: DraftedTest | null) => string;
}

export interface SourceDraft extends Pick<InitAnswer, "streams" | "variables" | "remarks"> {
  readonly job: string;
  readonly mappings: readonly TrialMapping[];
}

/**
 * A job and its mappings for a new source, from what an OpenAPI document says and what names usually mean.
 *
 * @param openapi the document's path as the job writes it
 * @throws Failure INI003 when no list of users can be told, INI004 for an operation that was named and does not fit
 */
export function draftSource(
  document: ApiDocument,
  openapi: string,
  { source, operations }: Pick<InitRequest, "source" | "operations">,
): SourceDraft {
  const remarks: Remark[] = [];
  const variables = new NotedVariables(source);
  const baseUrl = guessBaseUrl(document, variables);
  const lists = listOperations(document);
  const drafting = { document, variables, remark: (remark: Remark) => void remarks.push(remark) };
  const parts = draftStreams(lists, selectLists(document, lists, operations), drafting);
  const read = parts.map(({ list }) => list.operation);
  const auth = guessAuth(document, read, variables, baseUrl.resolve);
  if (auth.sureness === "guess") remarks.push({ about: "auth", sureness: "guess", text: auth.comment ?? "" });
  return {
    streams: parts.map(described),
    variables: variables.list(),
    remarks,
    job: writeJob({
      source,
      openapi,
      title: titleOf(document),
      baseUrl,
      auth,
      headers: requiredHeaders(read, drafting),
      streams: parts.map(({ stream }) => stream),
    }),
    mappings: parts.map(({ mapping, list, parent }) => ({
      name: mapping.stream,
      spec: specOf(`mappings/${source}/${mapping.stream}.yaml`, writeMapping(mapping, null)),
      examples: examplesFor(document, mapping, list, parent),
      write: (test) => writeMapping(mapping, test),
    })),
  };
}

function titleOf(document: ApiDocument): string {
  const { title, version } = document.object(document.root.info);
  const words = [title, version].flatMap((word) => (typeof word === "string" ? plainText(word) : []));
  return words.join(" ") || "no name";
}

function described({ mapping, stream, list }: DraftedPart): InitStream {
  const { into, fields } = mapping;
  const filled = fields.map(({ name }) => name);
  return {
    name: stream.name,
    into,
    get: String(stream.words.get ?? list.operation.path),
    sureness: worstOf(mapping, stream.comment),
    fields: filled,
    missing: isEntity(into)
      ? FIELDS[into]
          .filter(({ type }) => type !== "password")
          .flatMap(({ name }) => (filled.includes(name) ? [] : [name]))
      : [],
  };
}

/** A stream is as sure as what it cannot do without. */
function worstOf({ fields }: DraftedMapping, comment: string | null): InitStream["sureness"] {
  if (
    fields.some(({ sureness, words, name }) => sureness === "guess" && (words.required === true || name === "status"))
  )
    return "guess";
  return comment === null ? "sure" : "likely";
}
