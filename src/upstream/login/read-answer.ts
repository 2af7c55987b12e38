import type { Json } from "../../domain/json";
import type { Answer } from "../http/http-client";
import type { Limits } from "../http/limits";
import { type AnswerHeaders, readHeader } from "../http/places";
import { readJson } from "../http/read-json";

/**
 * What an answer says: JSON, or undefined where there is none to read. A success that is no JSON is nothing that can be
 * relied upon, and neither is JSON that is broken.
 *
 * @throws Failure UPS011, UPS012
 */
export function readAnswer(answer: Answer, shown: string, limits: Limits): Json | undefined {
  if (answer.body.length === 0) return undefined;
  const isSuccess = answer.status >= 200 && answer.status < 300;
  const isJson = /\bjson\b/i.test(readHeader(answer.headers, "content-type") ?? "");
  return isSuccess || isJson ? (readJson(answer, shown, limits) as Json) : undefined;
}

/** Headers as expressions see them: one text a name, in lower case. */
export const headersOf = (headers: AnswerHeaders): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.keys(headers).map((name) => [name.toLowerCase(), readHeader(headers, name) ?? ""]));
