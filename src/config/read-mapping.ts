import { FIELDS, type FieldSpec, type Into, isEntity } from "../domain/entities";
import { attributeLabel } from "../domain/field-label";
import type { JsonObject } from "../domain/json";
import type { FieldRule, Literal, MappingSpec, MappingTest } from "../domain/mapping";
import { suggestion } from "../domain/suggest";
import { checkMappingShape } from "./check-shape";
import { readFieldRule } from "./read-field-rule";
import type { Entry } from "./yaml/entry";

/** Reads a mapping file into its long form and reports every mistake in it. Null when not even `into` can be read. */
export function readMapping(root: Entry): MappingSpec | null {
  checkMappingShape(root);
  const into = readInto(root);
  if (into === null) return null;
  if (!isEntity(into)) refuseOnLinks(root, into);
  const attributes = root.get("attributes")?.entries() ?? [];
  const names = attributes.map(({ name }) => name);
  return {
    file: root.file.source.file,
    into,
    key: root.get("key")?.expression() ?? null,
    skip: root.get("skip")?.expression() ?? null,
    let: (root.get("let")?.entries() ?? []).flatMap(readLet),
    fields: [...readFields(root.get("fields"), into), ...readPassword(root.get("password"), into)],
    attributes: attributes.map((entry) => readFieldRule(entry, null)),
    keepNulls: root.get("nulls")?.text() === "keep",
    tests: (root.get("tests")?.items() ?? []).flatMap((test) => readTest(test, into, names)),
  };
}

function readInto(root: Entry): Into | null {
  const written = root.get("into")?.text() ?? "";
  return written in FIELDS ? (written as Into) : null;
}

function refuseOnLinks(root: Entry, into: Into): void {
  for (const word of ["key", "attributes"]) {
    const message = `\`${word}\` means nothing for \`${into}\`: a link is its two ends and nothing else`;
    root.get(word)?.report({ message, hint: "remove it", atKey: true });
  }
}

function readLet(entry: Entry): MappingSpec["let"] {
  const name = entry.keyExpression();
  const expression = entry.expression();
  return expression === null ? [] : [{ name: entry.name, at: name.at, expression }];
}

function readFields(entry: Entry | null, into: Into): readonly FieldRule[] {
  const specs = new Map<string, FieldSpec>(FIELDS[into].map((field) => [field.name, field]));
  return (entry?.entries() ?? []).flatMap((field) => {
    const spec = specs.get(field.name);
    return spec === undefined || spec.type === "password" ? [] : [readFieldRule(field, spec)];
  });
}

/** Stands beside the fields, for it never becomes a value of the record; besides that it is read as one. */
function readPassword(entry: Entry | null, into: Into): readonly FieldRule[] {
  const spec = FIELDS[into].find(({ type }) => type === "password");
  if (entry === null) return [];
  if (spec !== undefined) return [readFieldRule(entry, spec)];
  const message = `\`password\` means nothing for \`${into}\`: only people have one`;
  entry.report({ message, hint: "remove it", atKey: true });
  return [];
}

/** @param attributes names of those that the mapping has */
function readTest(entry: Entry, into: Into, attributes: readonly string[]): readonly MappingTest[] {
  const outcomes = ["expect", "rejects", "skips"].filter((word) => entry.get(word) !== null);
  if (outcomes.length !== 1) {
    const message = "a test says one of `expect`, `rejects` and `skips`";
    (entry.get(outcomes[1] ?? "it") ?? entry).report({ message, atKey: true });
  }
  const rejects = entry.get("rejects")?.text();
  const known = ["key", "attributes", ...FIELDS[into].map((field) => field.name)];
  const refuse = (named: Entry | null, name: string, atKey: boolean) => {
    if (known.includes(name)) return;
    const message = `\`${name}\` is not a field of \`${into}\``;
    named?.report({ code: "MAP012", message, hint: suggestion(name, known, null), atKey });
  };
  const refuseAttribute = (named: Entry | null, name: string, atKey: boolean) => {
    if (attributes.includes(name)) return;
    const message = `\`${name}\` is not an attribute of this mapping`;
    named?.report({ code: "MAP012", message, hint: suggestion(name, attributes, null), atKey });
  };
  const attribute = /^attributes\.(.+)/.exec(rejects ?? "")?.[1];
  if (attribute !== undefined) refuseAttribute(entry.get("rejects"), attribute, false);
  else if (rejects != null) refuse(entry.get("rejects"), rejects, false);
  for (const expected of entry.get("expect")?.entries() ?? []) {
    refuse(expected, expected.name, true);
    if (expected.name === "attributes") for (const one of expected.entries()) refuseAttribute(one, one.name, true);
  }
  const literals = expectedIn(entry.get("expect"));
  const record = (word: string): JsonObject => (entry.get(word)?.value ?? {}) as JsonObject;
  return [
    {
      it: entry.get("it")?.text() ?? "",
      given: record("given"),
      ...(entry.get("parent") === null ? {} : { parent: record("parent") }),
      ...(entry.get("expect") === null ? {} : { expect: record("expect") }),
      ...(literals.length === 0 ? {} : { literals }),
      ...(entry.get("rejects") === null ? {} : { rejects: rejects ?? (true as const) }),
      ...(entry.get("skips") === null ? {} : { skips: entry.get("skips")?.boolean() ?? true }),
      at: entry.position,
    },
  ];
}

const expectedIn = (expect: Entry | null): readonly Literal[] =>
  (expect?.entries() ?? []).flatMap((field) =>
    field.name === "attributes"
      ? field.entries().map((attribute) => attribute.literal(attributeLabel(attribute.name)))
      : [field.literal(field.name)],
  );
