import { dirname, isAbsolute, posix, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isJsonObject } from "../../domain/json";
import { listed } from "../../domain/suggest";
import { MOST_BYTES, readFile, type Unreadable } from "../read-file";
import type { Entry } from "../yaml/entry";
import { ApiDocument } from "./api-document";
import { fromSwaggerTwo } from "./swagger-two";

/** Why a document cannot be used. */
export interface UnusableDocument {
  readonly code: "OAS001" | "OAS002";
  readonly message: string;
  readonly hint?: string;
  /** The document itself is not there. */
  readonly isAbsent?: true;
}

/** The document at a path, with whether other files belong to it. */
export interface OpenedDocument {
  readonly document: ApiDocument;
  readonly isAlone: boolean;
}

/**
 * Reads an OpenAPI 3.0 or 3.1 or Swagger 2.0 document and the local files it refers to; nothing is ever fetched.
 * Null when it cannot be used, with the reason reported at `entry`.
 */
export async function readApiDocument(path: string, entry: Entry): Promise<ApiDocument | null> {
  if (posix.normalize(relativeTo(entry)) === entry.file.source.file) {
    const message = "this is the job file itself: the path of the document begins where the job file stands";
    entry.report({ code: "OAS001", message, hint: `a document in the folder above is \`../${entry.text() ?? ""}\`` });
    return null;
  }
  const opened = await openApiDocument(path);
  if ("document" in opened) return opened.document;
  const { isAbsent, ...said } = opened;
  entry.report(isAbsent === true ? { ...said, hint: lookedFor(path, entry) } : said);
  return null;
}

/** Mostly it was written as if from the folder worked in. Like all places, it is told from there. */
function lookedFor(path: string, entry: Entry): string {
  const written = entry.text() ?? "";
  if (isAbsolute(written)) return `write where it is; there is no ${path}`;
  return `write its path from the job file; there is no ${relativeTo(entry)}`;
}

/** The place an entry names, told from the folder worked in. */
const relativeTo = (entry: Entry): string => posix.join(posix.dirname(entry.file.source.file), entry.text() ?? "");

/** The same for a document that no file names yet. `path` is absolute. */
export async function openApiDocument(path: string): Promise<OpenedDocument | UnusableDocument> {
  // Few jobs name one.
  const SwaggerParser = require("@apidevtools/swagger-parser") as typeof import("@apidevtools/swagger-parser");
  let refused: Refusal | null = null;
  /** Of the library's own way to read a file, which waits for pipes and takes files of any size, nothing is left. */
  const read = ({ url }: { readonly url: string }): Buffer => {
    const file = /^file:/i.test(url) ? fileURLToPath(url) : decodeURIComponent(url);
    const bytes = readFile(file, MOST_BYTES.apiDocument);
    if (Buffer.isBuffer(bytes)) return bytes;
    refused = { file, ...bytes };
    throw new Error(bytes.why);
  };
  const localFiles = { resolve: { http: false, file: { read } } } as const;
  try {
    const parsed: unknown = await new SwaggerParser().parse(path, localFiles);
    if (!isBounded(parsed)) return { code: "OAS001", ...MULTIPLYING };
    const references = referencesIn(parsed);
    const isAlone = references.every((reference) => reference.startsWith("#"));
    // The library follows references by calling itself: a large document that is alone would exhaust the stack.
    const whole: unknown = isAlone ? parsed : await new SwaggerParser().bundle(path, localFiles);
    if (!isJsonObject(whole)) return { code: "OAS001", ...NO_DOCUMENT };
    const document = new ApiDocument(typeof whole.swagger === "string" ? fromSwaggerTwo(whole) : whole);
    const missing = isAlone ? references.find((reference) => document.lacks(reference)) : undefined;
    return missing === undefined ? { document, isAlone } : { code: "OAS001", message: lacking(missing) };
  } catch (error) {
    return refused === null
      ? plainWords(error instanceof Error ? error : new Error(String(error)))
      : notRead(refused, path);
  }
}

type Refusal = Unreadable & { readonly file: string };

function notRead({ file, why, fix, isAbsent }: Refusal, path: string): UnusableDocument {
  const reason = isAbsent ? "does not exist" : `cannot be read: ${why}`;
  const hint = isAbsent ? {} : { hint: fix };
  if (resolve(file) === path)
    return { code: "OAS001", message: `the document ${reason}`, ...hint, ...(isAbsent ? { isAbsent } : {}) };
  const message = `the document refers to ${listed([relative(dirname(path), file)])}, which ${reason}`;
  return { code: "OAS001", message, ...hint };
}

/** What a document comes to when every anchor is written out where it is used; none that people wrote is larger. */
const MOST_VALUES = 5_000_000;

/** Whether a document is of a size that can be walked: a few lines of anchors can stand for gigabytes, or for themselves. */
function isBounded(parsed: unknown): boolean {
  const sizes = new Map<object, number>();
  const sizeOf = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 1;
    const known = sizes.get(value);
    if (known !== undefined) return known;
    sizes.set(value, Number.POSITIVE_INFINITY);
    const size = Object.values(value).reduce<number>((sum, inner) => sum + sizeOf(inner), 1);
    sizes.set(value, size);
    return size;
  };
  return sizeOf(parsed) <= MOST_VALUES;
}

/** Every reference in a document, each once. */
function referencesIn(parsed: unknown): readonly string[] {
  const references = new Set<string>();
  const seen = new Set<unknown>();
  const waiting = [parsed];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if ("$ref" in value && typeof value.$ref === "string") references.add(value.$ref);
    waiting.push(...Object.values(value));
  }
  return [...references];
}

const lacking = (reference: string): string => `the document refers to ${listed([reference])}, which it does not have`;

const SUPPORTED = "supported are OpenAPI 3.0 and 3.1 and Swagger 2.0";
const NO_DOCUMENT = {
  message: "the document is not an OpenAPI document",
  hint: 'it needs `openapi: 3.x` or `swagger: "2.0"`, `info` and `paths`',
};

const MULTIPLYING = { message: "the references to anchors in the document multiply without bounds" };

/** The library's errors in our words. */
function plainWords(error: Error): UnusableDocument {
  const unreadable = (message: string, hint?: string): UnusableDocument => ({
    code: "OAS001",
    message,
    ...(hint === undefined ? {} : { hint }),
  });
  if (error instanceof RangeError || /nesting exceeded/.test(error.message))
    return unreadable("the document is nested too deeply to be read");
  const code = "code" in error ? error.code : null;
  const pointer = /"([^"]+)"/.exec(error.message)?.[1] ?? "?";
  const version = /Un(?:supported|recognized) (OpenAPI|Swagger) version: (.*?)\.(?: |$)/.exec(error.message);
  if (version !== null) {
    const message = `the document is ${version[1] === "OpenAPI" ? "OpenAPI" : "Swagger"} ${version[2]}; ${SUPPORTED}`;
    return { code: "OAS002", message, hint: "convert it, or remove `openapi:` and write paths" };
  }
  const number = /^(\w+) version number must be a string/.exec(error.message)?.[1];
  if (number !== undefined) {
    const [place, word] = number === "API" ? ["`info`", "version"] : ["the document", number.toLowerCase()];
    return unreadable(`\`${word}\` of ${place} is a number; it must be a text`, `put it in quotes: \`${word}: "…"\``);
  }
  if (/^Unable to resolve \$ref pointer/.test(error.message)) {
    return unreadable(
      `the document refers to ${listed([pointer])}, which is not fetched`,
      "keep a local copy beside the document",
    );
  }
  if (code === "EMISSINGPOINTER") return unreadable(lacking(pointer));
  const place = /\((\d+):(\d+)\)/.exec(error.message);
  if (code === "EPARSER") {
    const where = place ? `: see its line ${place[1]}, column ${place[2]}` : "";
    return unreadable(`the document is neither JSON nor YAML${where}`);
  }
  return unreadable(NO_DOCUMENT.message, NO_DOCUMENT.hint);
}
