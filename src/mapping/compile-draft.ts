import type { MappedRecord } from "../domain/mapping";
import type { CompiledField } from "./compile-field";
import { quoted } from "./compiler/writer";
import type { Draft, Section } from "./draft";

/** The two steps between what the expressions of a record gave and the record itself; the draft is checked between them. */
export interface Drafting {
  /**
   * Settles all fields, in their order. What does not fit is thrown as a `Refusal`.
   *
   * @param found what each field's sources gave, from the place `first` on
   */
  fill(found: readonly unknown[]): Draft;
  /** Absent values become null, absent attributes are left out. The draft is part of the record afterwards. */
  finish(key: string, draft: Draft): MappedRecord;
}

/**
 * Written out as code, a line a field: engines are quick with objects of one shape that are made in one place, and slow with
 * properties whose names they meet at run time.
 */
export function compileDraft(fields: readonly CompiledField[], first: number): Drafting {
  const names = (section: Section): readonly string[] =>
    fields.filter((field) => field.section === section).map(({ name }) => name);
  const object = (section: Section, expressionFor: (field: CompiledField, index: number) => string): string =>
    `{ ${fields
      .flatMap((field, index) =>
        field.section === section ? [`${property(field.name)}: ${expressionFor(field, index)}`] : [],
      )
      .join(", ")} }`;
  const settled = (_: CompiledField, index: number): string => `v${index}`;
  // Most mappings have none, and their records are made without.
  const [password] = names("passwords");
  const text = `"use strict";
const [${fields.map((_, index) => `settle${index}`).join(", ")}] = settles;
return {
  fill(found) {
    const dropped = [];
${fields.map((_, index) => `    const v${index} = settle${index}(found[${first + index}], dropped);`).join("\n")}
    return {
      values: ${object("values", settled)},
      lists: ${object("lists", settled)},
      attributes: ${object("attributes", settled)},
      dropped,${password === undefined ? "" : ` passwords: ${object("passwords", settled)},`}
    };
  },
  finish(key, { values, lists, attributes, dropped${password === undefined ? "" : ", passwords"} }) {
${names("values")
  .map((name) => `    if (values[${quoted(name)}] === undefined) values[${quoted(name)}] = null;`)
  .join("\n")}
    return {
      outcome: "record",
      key,
      values,
      attributes: ${
        names("attributes")
          .map((name) => `attributes[${quoted(name)}] === undefined`)
          .join(" || ") || "false"
      } ? withoutAbsent(attributes) : attributes,
      lists: [${fields.flatMap(({ links, name }) => (links === null ? [] : [`{ field: ${quoted(name)}, links: ${quoted(links)}, items: lists[${quoted(name)}] }`])).join(", ")}],
      dropped,${password === undefined ? "" : ` password: passwords[${quoted(password)}],`}
    };
  },
};`;
  return new Function("settles", "withoutAbsent", text)(
    fields.map(({ settle }) => settle),
    withoutAbsent,
  ) as Drafting;
}

/** In brackets, `__proto__` is a name like any other; engines are quicker with names that are not. */
const property = (name: string): string => (name === "__proto__" ? `[${quoted(name)}]` : quoted(name));

const withoutAbsent = (attributes: Draft["attributes"]): Draft["attributes"] =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
