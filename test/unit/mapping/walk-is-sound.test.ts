import fc from "fast-check";
import jsonata from "jsonata";
import { ApiDocument } from "../../../src/config/openapi/api-document";
import { shapeOf } from "../../../src/config/openapi/record-shape";
import type { JsonObject } from "../../../src/domain/json";
import { treeOf } from "../../../src/mapping/ast";
import { Findings } from "../../../src/mapping/check-paths/findings";
import { type Kind, ofShape } from "../../../src/mapping/check-paths/possible";
import { Names, Scene } from "../../../src/mapping/check-paths/scene";
import { walk } from "../../../src/mapping/check-paths/walk";
import { holds } from "../../support/holds";
import { expression } from "./mapping-spec";

/** Records of one API, and the document that tells of them. */
const SCHEMA: JsonObject = {
  required: ["s", "n", "e", "o", "l", "ll"],
  properties: {
    s: { type: "string" },
    n: { type: "integer" },
    b: { type: "boolean" },
    e: { enum: ["A", "B"] },
    o: {
      required: ["s"],
      properties: { s: { type: "string" }, b: { type: "boolean" }, l: { items: { type: "string" } } },
    },
    l: {
      items: {
        required: ["e"],
        properties: { e: { enum: ["A", "C"] }, s: { type: "string" }, l: { items: { type: "integer" } } },
      },
    },
    ll: { type: "array", items: { type: "array", items: { required: ["s"], properties: { s: { type: "string" } } } } },
    u: {
      oneOf: [
        { type: "string" },
        { properties: { s: { type: "string" } } },
        { type: "array", items: { type: "integer" } },
      ],
    },
  },
};

const text = fc.constantFrom("A", "B", "x", "");
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const record = fc
  .record({
    s: text,
    n: fc.integer({ min: -3, max: 3 }),
    b: optional(fc.boolean()),
    e: fc.constantFrom("A", "B"),
    o: fc.record({ s: text, b: optional(fc.boolean()), l: optional(fc.array(text, { maxLength: 3 })) }),
    l: fc.array(
      fc.record({
        e: fc.constantFrom("A", "C"),
        s: optional(text),
        l: optional(fc.array(fc.nat(5), { maxLength: 3 })),
      }),
      { maxLength: 3 },
    ),
    ll: fc.array(fc.array(fc.record({ s: text }), { maxLength: 2 }), { maxLength: 3 }),
    u: optional(fc.oneof(text, fc.record({ s: optional(text) }), fc.array(fc.nat(3), { maxLength: 2 }))),
  })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

const { source } = fc.letrec<{ source: string; path: string; condition: string }>((tie) => ({
  path: fc.oneof(
    fc.constantFrom(
      "s",
      "n",
      "b",
      "e",
      "o",
      "l",
      "ll",
      "u",
      "o.s",
      "o.l",
      "l.e",
      "l.s",
      "l.l",
      "ll.s",
      "u.s",
      "*",
      "$",
      "$$.o",
    ),
    fc.tuple(fc.constantFrom("l", "o", "ll", "u"), tie("condition")).map(([holder, test]) => `${holder}[${test}]`),
    fc
      .tuple(tie("path"), fc.constantFrom("s", "e", "l", "l[0]", "*", "{ 's': s }", "(s)", "[s]", "$string(s)"))
      .map((parts) => parts.join(".")),
    fc
      .tuple(tie("path"), fc.constantFrom("[0]", "[-1]", "[]", "^(s)", "^(s)[0]", "^(s)[s = 'A']"))
      .map((parts) => parts.join("")),
    fc.tuple(tie("path"), fc.nat(1)).map(([inner, index]) => `(${inner})[${index}]`),
  ),
  condition: fc.oneof(
    fc
      .tuple(tie("path"), fc.constantFrom("=", "!=", "in"), fc.constantFrom("'A'", "1", "true", "s", "['A', 'C']"))
      .map((parts) => parts.join(" ")),
    tie("path").map((path) => `$exists(${path})`),
    fc.tuple(tie("path"), fc.constantFrom("and", "or"), tie("path")).map((parts) => parts.join(" ")),
  ),
  source: fc.oneof(
    tie("path"),
    tie("path"),
    tie("condition"),
    fc
      .tuple(tie("path"), fc.constantFrom("&", "+", "<", "~> $append(n) &"), tie("path"))
      .map((parts) => parts.join(" ")),
    fc
      .tuple(tie("condition"), tie("source"), tie("source"))
      .map(([test, then, otherwise]) => `(${test} ? ${then} : ${otherwise})`),
    fc.tuple(tie("source"), tie("source")).map(([one, other]) => `(${one} ?: ${other})`),
    fc.tuple(tie("source"), tie("source")).map(([one, other]) => `[${one}, ${other}]`),
    fc
      .tuple(
        fc.constantFrom(
          "lowercase",
          "uppercase",
          "string",
          "length",
          "count",
          "distinct",
          "reverse",
          "not",
          "boolean",
          "sort",
          "sum",
          "join",
          "keys",
          "type",
          "number",
        ),
        tie("path"),
      )
      .map(([name, path]) => `$${name}(${path})`),
    fc
      .tuple(
        fc.constantFrom("map", "filter", "single"),
        tie("path"),
        fc.constantFrom(
          "$v.s",
          "$v.e",
          "$v",
          "$i",
          "$v.s = 'A'",
          "[$v]",
          "$string($v.s)",
          "$lowercase($v.e)",
          "$i = 0 ? $v.s : $string($i)",
          "($w := $v; $exists($w.s))",
          "$append($v, $v)",
        ),
      )
      .map(([name, path, body]) => `$${name}(${path}, function($v, $i) { ${body} })`),
    fc
      .tuple(tie("source"), tie("path"))
      .map(([value, use]) => `($f := function($x) { $append($x, s) }; $f(${value}) & ${use})`),
    fc
      .tuple(tie("path"), tie("source"))
      .map(
        ([path, value]) =>
          `($f := function($x) { $string($x) }; $g := function($y) { $exists($y) ? $f($y) : ${value} }; $g(${path}))`,
      ),
    fc.tuple(tie("source"), tie("path")).map(([value, use]) => `($x := ${value}; $x.s & '' = 'x' ? $x : ${use})`),
  ),
}));

const kindOf = (value: unknown): Kind =>
  typeof value === "function" || (typeof value === "object" && value !== null && "_jsonata_function" in value)
    ? "function"
    : value === null
      ? "null"
      : Array.isArray(value)
        ? "array"
        : (typeof value as Kind);

test("what an expression gives is always among what it may give", async () => {
  const root = ofShape(shapeOf(new ApiDocument({ paths: {} }), { type: "object", ...SCHEMA }), false);
  const property = fc.asyncProperty(source, record, async (written, input) => {
    const findings = new Findings();
    const scene = new Scene(expression(written), root, findings, false);
    const possible = walk(treeOf(written), root, new Names(), scene);
    const outcome = await jsonata(written)
      .evaluate(input)
      .then(
        (value: unknown) => ({ value, code: null }),
        (error: { code?: string }) => ({ value: undefined, code: error.code ?? "?" }),
      );
    if (outcome.code !== null) return;
    const kind = outcome.value === undefined ? null : kindOf(outcome.value);
    const told = { written, input, kind, value: outcome.value };
    const kinds = possible.kinds === null ? null : [...possible.kinds];
    if (kind === null) expect({ ...told, absence: possible.absence }).not.toEqual({ ...told, absence: "never" });
    else if (kinds !== null)
      expect({ ...told, kinds, isIn: kinds.includes(kind) }).toEqual({ ...told, kinds, isIn: true });
    const scalar = kind === "string" || kind === "number" || kind === "boolean";
    if (!scalar || possible.constants === null || kinds === null) return;
    const { constants } = possible;
    expect({ ...told, constants, isIn: (constants as unknown[]).includes(outcome.value) }).toEqual({
      ...told,
      constants,
      isIn: true,
    });
  });
  await holds(property, 500);
});
