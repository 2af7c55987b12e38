import { Failure } from "../../domain/errors";
import { EACH_VALUE } from "../../domain/job";
import { isJsonList, isJsonObject, type Json, type JsonObject } from "../../domain/json";
import { Body } from "../../upstream/http/body";
import { DEFAULT_LIMITS } from "../../upstream/http/limits";
import { readJson } from "../../upstream/http/read-json";
import { listAt } from "../../upstream/pages/list-at";

const SHAPES = "a JSON list of records, one record, a page as the customer's system sends it, or one record a line";

/**
 * The records in a file: a JSON list, one record, a page that holds them at `place`, or one record a line. Read as answers of the
 * upstream are, so that a long number arrives digit for digit here too.
 *
 * @throws Failure USE008 for what is no JSON; its message never quotes the file
 */
export function readRecords(name: string, bytes: Buffer, place: readonly string[]): readonly Json[] {
  if (bytes.toString("latin1").trim() === "") throw unreadable(`\`${name}\` is empty`);
  const whole = parse(bytes);
  if (whole !== undefined) return recordsIn(whole, place);
  const lines = linesOf(bytes);
  const [first, ...rest] = lines;
  // Lines are records only if the first of several is one; otherwise this is one document with a mistake.
  if (first === undefined || rest.length === 0 || parse(first.bytes) === undefined) {
    throw unreadable(`\`${name}\` is not JSON${placeOfMistake(bytes)}`);
  }
  return lines.map(({ bytes: line, number }) => {
    const record = parse(line);
    if (record === undefined) throw unreadable(`${name}:${number}: this line is not JSON`);
    return record;
  });
}

/** @throws Failure USE008 */
export function readParent(name: string, bytes: Buffer): JsonObject {
  const [record, ...more] = readRecords(name, bytes, []);
  if (isJsonObject(record) && more.length === 0) return record;
  throw unreadable(`\`${name}\` is not one record`, "it must hold the parent's record, a JSON object");
}

function recordsIn(whole: Json, place: readonly string[]): readonly Json[] {
  if (isJsonList(whole)) return whole;
  const found = place.length === 0 ? undefined : (listAt(whole, place) as Json | undefined);
  if (found === undefined || !isJsonList(found)) return [whole];
  // One record is an object too.
  return place.at(-1) === EACH_VALUE && !found.every(isJsonObject) ? [whole] : found;
}

/** Where reading stopped, as far as the engine says: its message alone quotes the file, and with it people. */
function placeOfMistake(bytes: Buffer): string {
  try {
    JSON.parse(bytes.toString());
  } catch (error) {
    const offset = /at position (\d+)/.exec(String(error))?.[1];
    if (offset !== undefined) {
      const before = bytes.toString().slice(0, Number(offset)).split("\n");
      return `, from line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    }
    if (/unexpected end/i.test(String(error))) return ": it ends in the middle";
  }
  return "";
}

/** Undefined for what is no JSON. */
function parse(bytes: Buffer): Json | undefined {
  try {
    return readJson({ headers: {}, body: new Body([bytes]) }, "", DEFAULT_LIMITS) as Json;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Lines that are not blank, with their numbers from 1. */
function linesOf(bytes: Buffer): readonly { readonly number: number; readonly bytes: Buffer }[] {
  // One character a byte, whatever the file holds.
  const lines = bytes.toString("latin1").split("\n");
  return lines.flatMap((line, index) =>
    line.trim() === "" ? [] : [{ number: index + 1, bytes: Buffer.from(line, "latin1") }],
  );
}

const unreadable = (message: string, fix = `it must be ${SHAPES}`): Failure => new Failure("USE008", message, { fix });
