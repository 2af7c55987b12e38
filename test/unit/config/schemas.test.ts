import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { FIELDS, type Into, isEntity } from "../../../src/domain/entities";
import { CODES } from "../../../src/domain/error-codes";

type Schema = { readonly [key: string]: unknown };
const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const read = (name: string): Schema =>
  JSON.parse(readFileSync(join(__dirname, `../../../schemas/${name}.schema.json`), "utf8")) as Schema;

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

  test("explains every property with a title, a description and examples", () => {
    expect(properties.length).toBeGreaterThan(20);
    const silent = properties.filter(
      ([, value]) => !isSchema(value) || !value.title || !value.description || !Array.isArray(value.examples),
    );
    expect(silent.map(([place]) => place)).toEqual([]);
  });

  test("gives examples that are valid", () => {
    const ajv = new Ajv({ strict: false });
    ajv.addSchema(schema, "root");
    const wrong = properties.flatMap(([place, value]) => {
      const validate = ajv.compile({ ...(value as Schema), definitions: schema.definitions });
      return ((value as Schema).examples as unknown[])
        .filter((example) => !validate(example))
        .map((example) => [place, example]);
    });
    expect(wrong).toEqual([]);
  });

  test("leaves no map open that has known words", () => {
    const open = all.filter(
      ([place, inner]) =>
        isSchema(inner.properties) &&
        !/\/(if|then)$/.test(place) &&
        !place.endsWith("/properties") &&
        inner.additionalProperties === undefined,
    );
    // Which words `auth` and `fields` have depends on `kind` and `into`; their branches close them.
    expect(open.map(([place]) => place)).toEqual(name === "job" ? ["#/definitions/auth"] : []);
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
    expect(Object.keys(fields.properties as Schema)).toEqual(FIELDS[into].map((field) => field.name));
    expect(fields.required).toEqual(FIELDS[into].filter((field) => field.required).map((field) => field.name));
    expect(fields.additionalProperties).toBe(false);
    expect(then.required ?? []).toEqual(isEntity(into) ? ["key"] : []);
  });
});
