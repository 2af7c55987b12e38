import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { Failure } from "../domain/errors";
import { isJsonObject, type JsonObject } from "../domain/json";

/**
 * Records from a file: a JSON array, one JSON object, or one JSON object a line.
 *
 * @param file relative to `home`, or absolute
 * @throws Failure KEP004, saying where; never with what stands there
 */
export async function readRecords(home: string, file: string): Promise<readonly JsonObject[]> {
  const refuse = (message: string, fix: string): Failure => new Failure("KEP004", `${file}${message}`, { fix });
  const bytes = await readFile(isAbsolute(file) ? file : join(home, file)).catch((error: unknown) => {
    const why = isMissing(error) ? "does not exist" : "cannot be read";
    throw refuse(` ${why}`, "name a file of records: a JSON array, or one record a line");
  });
  if (!isUtf8(bytes)) throw refuse(" is not UTF-8 text", "records are kept as JSON in UTF-8");
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  const whole = parsed(text);
  const records =
    whole === undefined
      ? linesOf(text, refuse)
      : [whole].flat().map((value, index) => ({ value, at: ` record ${index + 1}` }));
  return records.map(({ value, at }) => {
    if (isJsonObject(value)) return value;
    throw refuse(`:${at} is not a JSON object`, "a record is an object, as the upstream sends it");
  });
}

function linesOf(
  text: string,
  refuse: (message: string, fix: string) => Failure,
): readonly { readonly value: unknown; readonly at: string }[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "") return [];
    const value = parsed(line);
    if (value === undefined)
      throw refuse(`:${index + 1}:1 is not JSON`, "write one whole JSON object a line, or the file as one JSON array");
    return [{ value, at: `${index + 1}:1` }];
  });
}

/** Undefined for what is no JSON: the engine's message would quote the text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isMissing = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT";
