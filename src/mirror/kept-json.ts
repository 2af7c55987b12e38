import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { JsonObject } from "../domain/json";

/** The bytes under which a record's JSON text is stored. */
export const packJson = (text: string): Buffer => deflateRawSync(text);

/** The record of those bytes; a property named `__proto__` is plain data, as `JSON.parse` has it. */
export const unpackJson = (packed: Buffer): JsonObject =>
  JSON.parse(inflateRawSync(packed).toString("utf8")) as JsonObject;
