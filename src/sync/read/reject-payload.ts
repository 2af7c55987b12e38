import { isJsonObject, type Json } from "../../domain/json";
import { keptRecord } from "./kept-record";

/** Hides in a record what may not be shown to everybody who looks. */
export type MaskRecord = (record: Json) => Json;

/** Characters of a record that are kept of a reject; a larger one helps nobody. */
const LONGEST = 64 * 1024;
/** Records that are kept of the rejects of a stream in one run; when there are more, one mistake is the cause of most. */
const MOST = 10_000;

/** @returns the mask, as long as records of rejects are kept */
export const maskWhile = (rejected: number, mask: MaskRecord): MaskRecord | null => (rejected < MOST ? mask : null);

/** The record of a reject as JSON text, masked and without secrets; null where it is too large, or too deep to be looked at. */
export function payloadOf(record: unknown, mask: MaskRecord | null): string | null {
  if (mask === null || record === undefined) return null;
  try {
    const json = record as Json;
    const text = JSON.stringify(mask(isJsonObject(json) ? keptRecord(json, NOTHING_ELSE) : json));
    return text.length > LONGEST ? null : text;
  } catch {
    // The stack ended before the record did; that it was rejected is what matters.
    return null;
  }
}

const NOTHING_ELSE = { redact: [] };
