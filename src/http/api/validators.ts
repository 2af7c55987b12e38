import { isIP } from "node:net";
import Ajv, { type ErrorObject, type Options } from "ajv/dist/2020";
import type { FastifyInstance } from "fastify";
import { isStorableTime } from "../../domain/storable";
import { listed } from "../../domain/suggest";
import { Problem } from "./problems";

/** What schemas are checked by takes longer to compile than all of ours: tests see that they are schemas. */
const QUICK = { meta: false, validateSchema: false } as const;
const OPTIONS: Options = { strict: true, strictRequired: false, allowUnionTypes: true, verbose: true, ...QUICK };

/** Strictly, no limit would apply to `Infinity`, which is read as a number as well. */
const READ_FROM_TEXT: Options = { coerceTypes: true, useDefaults: true, strictNumbers: false };
/** JSON as it stands: what is no text is no text. Of addresses everything is text, so numbers are read from it. */
const compilers = { body: compiler(OPTIONS), others: compiler({ ...OPTIONS, ...READ_FROM_TEXT }) };

function compiler(options: Options): Ajv {
  const ajv = new Ajv(options);
  ajv.addFormat("ip", (text) => isIP(text) !== 0);
  ajv.addFormat("date-time", isTime);
  ajv.addKeyword({
    keyword: "x-maxBytes",
    type: "string",
    schemaType: "number",
    validate: (most: number, text: string) => Buffer.byteLength(text) <= most,
    error: { message: ({ schema }) => `must be at most ${String(schema)} bytes of UTF-8` },
  });
  return ajv;
}

/** A time of RFC 3339, of a day that there is, and within what the database keeps. */
function isTime(text: string): boolean {
  const [, day] = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const [moment, midnight] = [Date.parse(text), Date.parse(`${day}T00:00:00Z`)];
  if (day === undefined || Number.isNaN(midnight)) return false;
  // The platform takes February 31 for March 3.
  return new Date(midnight).toISOString().startsWith(day) && isStorableTime(moment);
}

/** Requests are checked by the very schemas that the OpenAPI document shows. */
export function validateBySchemas(app: FastifyInstance): void {
  app.setValidatorCompiler(({ schema, httpPart }) => {
    const validate = (httpPart === "body" ? compilers.body : compilers.others).compile(schema as object);
    return (value) => {
      if (validate(value)) return { value };
      return { error: new Problem(400, wordsOf(validate.errors?.[0], httpPart ?? "request")) };
    };
  });
  // Schemas of answers describe; the tests hold the answers against them.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
}

/** Where and what, without the value: `body/password must be string`. A choice says itself what it is between. */
function wordsOf(error: ErrorObject | undefined, part: string): string {
  const { keyword = "", parentSchema = {}, message = "does not fit" } = error ?? {};
  const choice: unknown = keyword === "oneOf" ? parentSchema.description : undefined;
  const known = keyword === "additionalProperties" ? Object.keys(parentSchema.properties ?? {}) : [];
  const what = typeof choice === "string" ? `does not fit: ${choice}` : message;
  const only = known.length === 0 ? "" : `: nothing but ${listed(known)}`;
  return `${part}${error?.instancePath ?? ""} ${what}${only}`;
}
