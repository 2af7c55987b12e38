import type { Json, JsonObject } from "../../domain/json";
import type { DraftedField, DraftedMapping } from "./drafted";
import { pathText } from "./record-fields";
import { type Line, writeYaml } from "./write-yaml";

/** A test of a mapping: a record and what came of it. */
export interface DraftedTest {
  readonly given: JsonObject;
  readonly parent: JsonObject | null;
  readonly expect: JsonObject;
}

const MODELINE = "yaml-language-server: $schema=../../schemas/mapping.schema.json";

/** The file of a drafted mapping. */
export function writeMapping(mapping: DraftedMapping, test: DraftedTest | null): string {
  const { into, key, fields, attributes } = mapping;
  const lines: readonly Line[] = [
    { name: "into", value: into },
    ...(key === null ? [] : [{ name: "key", value: pathText(key.path), comment: key.comment }]),
    { name: "fields", lines: fields.map(lineOf) },
    ...(attributes.length === 0 ? [] : [{ name: "attributes", lines: attributes.map(lineOf) }]),
    ...(test === null ? [] : [{ name: "tests", items: [testLines(into, test)] }]),
  ];
  return writeYaml([MODELINE], lines);
}

/** In the shortest form: a bare source, a list of sources, or a map with `from`. */
function lineOf({ name, from, words, comment }: DraftedField): Line {
  const sources: readonly Json[] = from.map((source) => (typeof source === "string" ? source : { ...source }));
  const [only = "", ...more] = sources;
  const isAlone = more.length === 0 && typeof only === "string";
  const value: Json = isAlone ? only : sources;
  const hasWords = Object.keys(words).length > 0;
  return { name, value: hasWords ? { from: value, ...words } : value, flow: true, comment };
}

function testLines(into: string, { given, parent, expect }: DraftedTest): readonly Line[] {
  return [
    { name: "it", value: `maps an example to ${into}` },
    { name: "given", value: given, flow: true },
    ...(parent === null ? [] : [{ name: "parent", value: parent, flow: true }]),
    { name: "expect", value: expect, flow: true },
  ];
}
