/**
 * Reads a folder of cases in the format of JSONata's own test-suite: `GROUP/*.json` is a case or a list of cases,
 *   { expr | expr-file, data | dataset, bindings, result | undefinedResult | code | error.code, timelimit, depth, unordered }
 * and `dataset` names a file of `datasets/`. `data` and `dataset` absent or null: the input is undefined.
 */
import { type Dirent, existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { isJsonObject, type Json, type JsonObject } from "../src/domain/json";

export interface Case {
  readonly group: string;
  /** File and number within it, such as `flattening/large.json 2`. */
  readonly name: string;
  readonly expression: string;
  /** JSON; null is undefined. */
  readonly input: string | null;
  /** JSON of an object. */
  readonly bindings: string;
  readonly expectation: Expectation;
  /** Milliseconds the case may take; null when it says nothing. */
  readonly timeLimit: number | null;
  /** Levels of evaluation within one another. */
  readonly depth: number | null;
}

/** Null: the case only says that it is an error, or nothing. */
export type Expectation =
  | { readonly kind: "value"; readonly value: Json | undefined; readonly unordered: boolean }
  | { readonly kind: "error"; readonly code: string }
  | null;

/** The folder cannot be used; the message says why. */
export class UnusableFolder extends Error {}

/** All cases under `folder`, which holds `groups/` and `datasets/`, or the folders of groups themselves. */
export function readCases(folder: string): readonly Case[] {
  if (!existsSync(folder)) throw new UnusableFolder(`there is no folder ${folder}`);
  const groups = existsSync(join(folder, "groups")) ? join(folder, "groups") : folder;
  const places = [groups, join(groups, ".."), join(groups, "../..")].map((place) => join(place, "datasets"));
  const read: Reading = { root: groups, places, datasets: new Map() };
  const folders = entriesIn(groups).filter((entry) => entry.isDirectory() && entry.name !== "datasets");
  const cases = [
    ...casesIn(read, groups, basename(groups)),
    ...folders.flatMap(({ name }) => casesIn(read, join(groups, name), name)),
  ];
  if (cases.length === 0) throw new UnusableFolder(`there are no cases in ${folder}: it wants GROUP/NAME.json`);
  return cases;
}

interface Reading {
  readonly root: string;
  /** Where `datasets/` may be: inside, or beside. */
  readonly places: readonly string[];
  readonly datasets: Map<string, string>;
}

/** Sorted, so that every run tells the same in the same order. */
function entriesIn(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new UnusableFolder(`${folder} cannot be read: ${(error as Error).message}`);
  }
}

function casesIn(reading: Reading, folder: string, group: string): readonly Case[] {
  const files = entriesIn(folder).flatMap(({ name }) => (name.endsWith(".json") ? [name] : []));
  return files.flatMap((file) => {
    const path = join(folder, file);
    const content = readJson(path);
    const listed = Array.isArray(content) ? content : [content];
    return listed.map((entry: Json, index) => {
      const name = `${relative(reading.root, path)}${listed.length > 1 ? ` ${index + 1}` : ""}`;
      if (!isJsonObject(entry)) throw new UnusableFolder(`${path}: case ${index + 1} is not an object`);
      return caseOf(reading, folder, { group, name, entry });
    });
  });
}

function caseOf(
  reading: Reading,
  folder: string,
  { group, name, entry }: { group: string; name: string; entry: JsonObject },
): Case {
  const bindings = entry.bindings ?? {};
  if (!isJsonObject(bindings)) throw new UnusableFolder(`${name}: \`bindings\` is not an object`);
  return {
    group,
    name,
    expression: expressionOf(folder, name, entry),
    input: inputOf(reading, name, entry),
    bindings: JSON.stringify(bindings),
    expectation: expectationOf(entry),
    timeLimit: numberIn(entry, "timelimit"),
    depth: numberIn(entry, "depth"),
  };
}

function expressionOf(folder: string, name: string, entry: JsonObject): string {
  if (typeof entry.expr === "string") return entry.expr;
  const file = entry["expr-file"];
  if (typeof file !== "string") throw new UnusableFolder(`${name}: has neither \`expr\` nor \`expr-file\``);
  return readText(join(folder, file));
}

function inputOf({ places, datasets }: Reading, name: string, entry: JsonObject): string | null {
  if (entry.data !== undefined) return JSON.stringify(entry.data);
  const { dataset } = entry;
  if (dataset === undefined || dataset === null) return null;
  const found = datasets.get(String(dataset));
  if (found !== undefined) return found;
  const path = places.map((place) => join(place, `${dataset}.json`)).find((place) => existsSync(place));
  if (path === undefined) {
    throw new UnusableFolder(`${name}: there is no dataset ${dataset}.json in ${places.join(" or ")}`);
  }
  const text = JSON.stringify(readJson(path));
  datasets.set(String(dataset), text);
  return text;
}

function expectationOf(entry: JsonObject): Expectation {
  const code = isJsonObject(entry.error) ? entry.error.code : entry.code;
  if (typeof code === "string") return { kind: "error", code };
  const unordered = entry.unordered === true;
  if (entry.undefinedResult === true) return { kind: "value", value: undefined, unordered };
  return "result" in entry ? { kind: "value", value: entry.result, unordered } : null;
}

const numberIn = (entry: JsonObject, name: string): number | null => {
  const value = entry[name];
  return typeof value === "number" ? value : null;
};

function readJson(path: string): Json {
  try {
    return JSON.parse(readText(path)) as Json;
  } catch (error) {
    if (error instanceof UnusableFolder) throw error;
    throw new UnusableFolder(`${path} is not JSON: ${(error as Error).message}`);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UnusableFolder(`${path} cannot be read: ${(error as Error).message}`);
  }
}
