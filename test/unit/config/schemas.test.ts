import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv, { type ValidateFunction } from "ajv";
import { parse } from "yaml";
import { FIELDS, type Into, isEntity } from "../../../src/domain/entities";
import { CODES } from "../../../src/domain/error-codes";

type Schema = { readonly [key: string]: unknown };
const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const read = (name: string): Schema =>
  JSON.parse(readFileSync(join(__dirname, `../../../schemas/${name}.schema.json`), "utf8")) as Schema;

interface Choice {
  readonly enum: readonly unknown[];
  readonly enumDescriptions?: readonly string[];
}

interface Snippet {
  readonly label: string;
  readonly body: unknown;
}

/** What a snippet inserts when everything in it is taken as it stands, as YAML reads it. */
function filledIn(body: unknown): unknown {
  const text = (raw: string) => raw.replace(/\$\{\d+:((?:\\.|[^\\}])*)\}/g, "$1").replace(/\\([$}\\])/g, "$1");
  if (typeof body === "string") return parse(text(body));
  if (Array.isArray(body)) return body.map(filledIn);
  if (!isSchema(body)) return body;
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [text(key), filledIn(value)]));
}

/** Every schema below one, with its place. */
function* schemasIn(value: unknown, place: string): Generator<readonly [string, Schema]> {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* schemasIn(item, `${place}/${index}`);
  if (!isSchema(value)) return;
  yield [place, value];
  for (const [key, inner] of Object.entries(value)) {
    if (!["examples", "defaultSnippets", "x-understudy", "enum", "const", "default"].includes(key))
      yield* schemasIn(inner, `${place}/${key}`);
  }
}

describe.each(["job", "mapping"])("the schema of %s files", (name) => {
  const schema = read(name);
  const all = [...schemasIn(schema, "#")];
  /** Properties that an editor shows; those inside `if` only steer. */
  const properties = all
    .filter(([place, { properties: own }]) => isSchema(own) && !/\/if$/.test(place) && !place.endsWith("/properties"))
    .flatMap(([place, { properties: own }]) =>
      Object.entries(own as Schema).map(([key, value]) => [`${place}/${key}`, value] as const),
    )
    .filter(([place, value]) => value !== true && !/\/then\/fields$/.test(place));

  test("explains every property with a title, hover texts, examples and snippets", () => {
    expect(properties.length).toBeGreaterThan(20);
    const words = ["title", "description", "markdownDescription", "examples", "defaultSnippets"];
    const silent = properties.flatMap(([place, value]) =>
      words.filter((word) => !isSchema(value) || !value[word]).map((word) => `${place} has no ${word}`),
    );
    expect(silent).toEqual([]);
  });

  test("explains every word that is a choice", () => {
    const choices = properties.filter(([, value]) => isSchema(value) && Array.isArray(value.enum)) as [
      string,
      Choice,
    ][];
    expect(choices.length).toBeGreaterThan(2);
    const silent = choices.filter(([, value]) => value.enumDescriptions?.length !== value.enum.length);
    expect(silent.map(([place]) => place)).toEqual([]);
  });

  test("says in Markdown what it says in plain words, or more", () => {
    const named = (text: unknown) => String(text).match(/`[^`]+`/g) ?? [];
    const shorter = all.filter(
      ([, { description, markdownDescription: rich }]) =>
        rich !== undefined && named(description).some((word) => !String(rich).includes(word)),
    );
    expect(shorter.map(([place]) => place)).toEqual([]);
  });

  const compiled = new Map<unknown, ValidateFunction>();
  const validatorOf = (value: unknown): ValidateFunction => {
    const { $id: _, ...own } = value as Schema;
    const { definitions } = schema;
    const validate = compiled.get(value) ?? new Ajv({ strict: false }).compile({ ...own, definitions });
    compiled.set(value, validate);
    return validate;
  };

  test("gives examples that are valid", () => {
    const wrong = properties.flatMap(([place, value]) => {
      const validate = validatorOf(value);
      return ((value as Schema).examples as unknown[])
        .filter((example) => !validate(example))
        .map((example) => [place, example]);
    });
    expect(wrong).toEqual([]);
  });

  const withSnippets = all.flatMap(([place, value]) =>
    value.defaultSnippets === undefined ? [] : [[place, value, value.defaultSnippets as readonly Snippet[]] as const],
  );

  test("gives snippets that are valid", () => {
    expect(withSnippets.length).toBeGreaterThanOrEqual(properties.length);
    const wrong = withSnippets.flatMap(([place, value, snippets]) => {
      const validate = validatorOf(value);
      return snippets.filter(({ body }) => !validate(filledIn(body))).map((snippet) => [place, snippet]);
    });
    expect(wrong).toEqual([]);
  });

  // What has the same name in an editor's list is merged into nonsense, unless it inserts the same.
  test("gives no two things one name in an editor's list", () => {
    const unlike = withSnippets.flatMap(([place, value, snippets]) => {
      const names = Object.keys(isSchema(value.properties) ? value.properties : {});
      const values = [value.enum, value.examples].flat().map(String);
      const labels = snippets.map(({ label }) => label);
      return snippets
        .filter(({ label, body }, index) => {
          const isTaken = names.includes(label) || labels.indexOf(label) !== index;
          return isTaken || (values.includes(label) && String(filledIn(body)) !== label);
        })
        .map(({ label }) => [place, label]);
    });
    expect(unlike).toEqual([]);
  });

  test("leaves no map open that has known words", () => {
    const open = all.filter(
      ([place, inner]) =>
        isSchema(inner.properties) &&
        !/\/(if|then)$/.test(place) &&
        !place.endsWith("/properties") &&
        inner.additionalProperties === undefined,
    );
    // Which words these and `fields` have depends on `kind` and `into`; their branches close them.
    const branching = ["auth", "loginPassword", "loginToken"].map((word) => `#/definitions/${word}`);
    expect(open.map(([place]) => place)).toEqual(name === "job" ? branching : []);
  });

  test("uses codes and words that exist", () => {
    const codes = all
      .flatMap(([, inner]) => (isSchema(inner["x-understudy"]) ? [inner["x-understudy"].code] : []))
      .filter((code) => code !== undefined);
    expect(codes.every((code) => String(code) in CODES)).toBe(true);
  });
});

interface MappingSchema {
  readonly properties: { readonly into: { readonly enum: readonly string[] } };
  readonly allOf: readonly {
    readonly if: { readonly properties: { readonly into: { readonly const: string } } };
    readonly then: { readonly required?: readonly string[]; readonly properties: { readonly fields: Schema } };
  }[];
}

describe("the fields in the schema of mapping files", () => {
  const { allOf: branches, properties } = read("mapping") as unknown as MappingSchema;

  test("branch for every target", () => {
    expect(branches.map((branch) => branch.if.properties.into.const)).toEqual(Object.keys(FIELDS));
    expect(properties.into.enum).toEqual(Object.keys(FIELDS));
  });

  test.each(Object.keys(FIELDS) as Into[])("of %s are those of the domain", (into) => {
    const { then } = branches.find((branch) => branch.if.properties.into.const === into)!;
    const { fields } = then.properties;
    // A password stands beside the fields.
    const names = FIELDS[into].filter(({ type }) => type !== "password").map(({ name }) => name);
    expect(Object.keys(fields.properties as Schema)).toEqual(names);
    expect(fields.required).toEqual(FIELDS[into].filter((field) => field.required).map((field) => field.name));
    expect(fields.additionalProperties).toBe(false);
    expect(then.required ?? []).toEqual(isEntity(into) ? ["key"] : []);
  });
});
