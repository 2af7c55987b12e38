import { ApiDocument } from "../../../../src/config/openapi/api-document";
import { recordShapeAt } from "../../../../src/config/openapi/record-shape";
import type { JsonObject } from "../../../../src/domain/json";
import type { RecordShape } from "../../../../src/domain/record-shape";

/** What the items of a list at the root look like. */
function shapeOf(items: JsonObject, schemas: JsonObject = {}): RecordShape {
  const document = new ApiDocument({ paths: {}, components: { schemas } });
  const shape = recordShapeAt(document, { type: "array", items }, []);
  if (shape === null) throw new Error("the document says nothing of its records");
  return shape;
}

/** A shape in one line: `string|null (a, b)`, `{ id, name?, more~ }`, `[string]`. `?` may be absent, `~` nobody says. */
function told(shape: RecordShape | null, depth = 3): string {
  if (shape === null) return "nothing";
  if (depth === 0) return "…";
  const kinds = shape.kinds === null ? "anything" : [...shape.kinds].join("|");
  const values = shape.values === null ? "" : ` (${shape.values.join(", ")})`;
  const mark = (name: string) => ({ true: "", false: "?", null: "~" })[String(shape.requires(name))];
  const properties = [...shape.names].map((name) => `${name}${mark(name)}: ${told(shape.property(name), depth - 1)}`);
  const object = properties.length === 0 ? "" : ` { ${properties.join(", ")} }`;
  const items = shape.kinds?.has("array") === true ? ` [${told(shape.items(), depth - 1)}]` : "";
  return `${kinds}${values}${object}${items}${shape.others === "any" ? " +" : ""}`;
}

test.each<[string, JsonObject, string]>([
  ["a type", { type: "object", properties: { a: { type: "string" } } }, "object { a~: string }"],
  [
    "what is required and what is not",
    { type: "object", required: ["a"], properties: { a: {}, b: {} } },
    "object { a: anything, b?: anything }",
  ],
  [
    "null as 3.0 and 3.1 say it",
    {
      properties: {
        a: { type: "string", nullable: true },
        b: { type: ["integer", "null"] },
        c: { anyOf: [{ type: "boolean" }, { type: "null" }] },
        d: { type: "string", enum: ["x", null] },
      },
    },
    "object { a~: string|null, b~: number|null, c~: boolean|null, d~: string|null (x) }",
  ],
  ["a constant", { properties: { a: { const: 7 } } }, "object { a~: number (7) }"],
  [
    "further properties",
    { type: "object", properties: { a: {} }, additionalProperties: true },
    "object { a~: anything } +",
  ],
  [
    "all of several, where a requirement may stand apart",
    { allOf: [{ properties: { a: { type: "string" } } }, { properties: { b: {} } }, { required: ["a"] }] },
    "object { a: string, b?: anything }",
  ],
  [
    "one of several, where only what all have is sure",
    {
      oneOf: [
        { required: ["a"], properties: { a: { enum: ["x"] } } },
        { required: ["a", "b"], properties: { a: { enum: ["y"] }, b: {} } },
      ],
    },
    "object { a: string (x, y), b?: anything }",
  ],
  [
    "requirements that differ, beside properties that do not",
    { properties: { a: {}, b: {} }, anyOf: [{ required: ["a"] }, { required: ["b"] }] },
    "object { a?: anything, b?: anything }",
  ],
  [
    "what can only be written",
    { required: ["a"], properties: { a: { type: "string", writeOnly: true } } },
    "object { a?: string }",
  ],
  [
    "lists of lists",
    { properties: { a: { items: { items: { type: "string" } } } } },
    "object { a~: array [array […]] }",
  ],
  ["properties by pattern", { properties: { a: {} }, patternProperties: { "^x-": {} } }, "object { a~: anything } +"],
  [
    "kinds that exclude each other",
    { properties: { a: { type: "string", allOf: [{ type: "number" }] } } },
    "object { a~: anything }",
  ],
])("%s", (_, items, expected) => {
  expect(told(shapeOf(items))).toBe(expected);
});

const TREE = {
  Node: { type: "object", properties: { id: { type: "string" }, parent: { $ref: "#/components/schemas/Node" } } },
};

test("what is required and not described is there all the same; nothing else is", () => {
  const shape = shapeOf({ required: ["id", "extra"], properties: { id: { type: "string" } } });
  const parts = shapeOf({ allOf: [{ properties: { id: { type: "string" } } }, { required: ["extra"] }] });
  for (const one of [shape, parts])
    expect(["id", "extra", "other"].map((name) => told(one.property(name)))).toEqual(["string", "anything", "nothing"]);
});

test("what describes the items behind the first ones says nothing of these", () => {
  const pair = { prefixItems: [{ type: "string" }], items: { type: "object", properties: { a: {} } }, type: "array" };
  expect(told(shapeOf({ properties: { pair } }).property("pair")?.items() ?? null)).toBe("anything");
});

test("a schema that contains itself is followed as deep as somebody asks", () => {
  let shape: RecordShape | null = shapeOf({ $ref: "#/components/schemas/Node" }, TREE);
  for (let depth = 0; depth < 1_000; depth++) shape = shape?.property("parent") ?? null;
  expect(told(shape, 2)).toBe("object { id~: string, parent~: object { id~: …, parent~: … } }");
});

test("a schema composed of itself adds nothing to itself, and one composed without end is left alone", () => {
  const loop = {
    A: { allOf: [{ $ref: "#/components/schemas/B" }, { properties: { a: {} } }] },
    B: { oneOf: [{ $ref: "#/components/schemas/A" }] },
  };
  expect(told(shapeOf({ $ref: "#/components/schemas/A" }, loop))).toBe("object { a~: anything }");
  const doubling = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => {
      const next = { $ref: `#/components/schemas/S${index + 1}` };
      return [`S${index}`, { allOf: [next, next], properties: { [`p${index}`]: {} } }];
    }),
  );
  expect(shapeOf({ $ref: "#/components/schemas/S0" }, doubling).names.has("p0")).toBe(true);
});

test("records of a base schema are those of the subtypes it maps to", () => {
  const part = (name: string) => ({ allOf: [{ $ref: "#/components/schemas/Base" }, { properties: { [name]: {} } }] });
  const schemas = {
    Base: {
      required: ["kind"],
      properties: { kind: { type: "string" } },
      discriminator: { propertyName: "kind", mapping: { a: "#/components/schemas/A", b: "B" } },
    },
    A: part("a"),
    B: part("b"),
  };
  expect(told(shapeOf({ $ref: "#/components/schemas/Base" }, schemas))).toBe(
    "object { kind: string, a?: anything, b?: anything }",
  );
});

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const kindOf = (base: string, properties: JsonObject = {}): JsonObject => ({ allOf: [ref(base), { properties }] });
const PET = { required: ["kind"], properties: { kind: { type: "string" }, name: {} } };
const KINDS = {
  Cat: kindOf("Pet", { kind: { enum: ["cat"] }, hunts: {} }),
  Siamese: kindOf("Cat", { voice: {} }),
  Dog: kindOf("Pet", { pack: {} }),
  Fish: { allOf: [ref("Pet")] },
};

test.each<[string, JsonObject]>([
  ["some of them", { propertyName: "kind", mapping: { dog: "Dog" } }],
  ["none of them", { propertyName: "kind" }],
])("schemas composed of a base are its subtypes where its mapping names %s", (_, discriminator) => {
  const shape = shapeOf(ref("Pet"), { Pet: { ...PET, discriminator }, ...KINDS });
  expect([...shape.names].sort()).toEqual(["hunts", "kind", "name", "pack", "voice"]);
  expect(["kind", "name", "pack"].map((name) => shape.requires(name))).toEqual([true, false, false]);
  expect(told(shape.property("kind"))).toBe("string");
  expect(shape.property("nowhere")).toBeNull();
});

test.each(["Cat", "Siamese"])(
  "a record of the subtype %s has what its own subtypes add, and nothing of others",
  (name) => {
    const Pet = { ...PET, discriminator: { propertyName: "kind", mapping: { pet: "Pet", dog: "Dog" } } };
    const shape = shapeOf(ref(name), { Pet, ...KINDS });
    expect([...shape.names].sort()).toEqual(["hunts", "kind", "name", "voice"]);
    expect(told(shape.property("kind"))).toBe("string (cat)");
  },
);

test("a base without a subtype is open, and so is one with more subtypes than are looked into", () => {
  const Pet = { ...PET, discriminator: { propertyName: "kind" } };
  expect(told(shapeOf(ref("Pet"), { Pet }))).toBe("object { kind: string, name?: anything } +");
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`S${index}`, kindOf("Pet")]));
  expect(told(shapeOf(ref("Pet"), { Pet, ...many }))).toBe("object { kind: string, name?: anything } +");
});

test("a base of Swagger 2.0 names the property that tells its subtypes apart", () => {
  const base = { $ref: "#/definitions/Pet" };
  const definitions = {
    Pet: { ...PET, discriminator: "kind" },
    Dog: { allOf: [base, { properties: { pack: {} } }] },
  };
  const document = new ApiDocument({ paths: {}, definitions });
  expect(told(recordShapeAt(document, { type: "array", items: base }, []))).toBe(
    "object { kind: string, name?: anything, pack?: anything }",
  );
});

test("the records are looked for where the job says they are", () => {
  const document = new ApiDocument({ paths: {} });
  const answer = {
    properties: { data: { properties: { items: { type: "array", items: { properties: { id: {} } } } } } },
  };
  expect(told(recordShapeAt(document, answer, ["data", "items"]))).toBe("object { id~: anything }");
  expect(recordShapeAt(document, answer, ["nowhere"])).toBeNull();
  const keyed = { properties: { data: { type: "object", additionalProperties: { properties: { id: {} } } } } };
  expect(told(recordShapeAt(document, keyed, ["data", "*"]))).toBe("object { id~: anything }");
  expect(recordShapeAt(document, answer, ["data", "items", "*"])).toBeNull();
  expect(recordShapeAt(document, { type: "array" }, [])).toBeNull();
  expect(recordShapeAt(document, { type: "array", items: { type: "string" } }, [])).toBeNull();
});
