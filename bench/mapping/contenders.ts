import jsonata from "jsonata";
import type { MappingSpec, Source } from "../../src/domain/mapping";
import { isPresent } from "../../src/mapping/coerce";
import { compileMapping } from "../../src/mapping/compile-mapping";
import { type FusedSource, fuse } from "../../src/mapping/compiler/fuse";
import { type LoweredExpression, lower } from "../../src/mapping/compiler/lower";
import { mapByHand } from "./by-hand";

/** One way of working a mapping's expressions out. */
export interface Contender {
  /** Works all records once, each result kept until the next one comes. */
  work(records: readonly unknown[]): void | Promise<void>;
  /** What a record becomes by name of field, absent ones left out; null when it is left out. */
  show(record: unknown): Promise<Readonly<Record<string, unknown>> | null>;
}

export const CONTENDERS = {
  "hand-written": byHand,
  compiled: compiled,
  "jsonata by field": byField,
  "jsonata as one object": asOneObject,
  "the whole mapper": wholeMapper,
} as const satisfies Readonly<Record<string, (spec: MappingSpec) => Contender>>;

export type ContenderName = keyof typeof CONTENDERS;

/** Where results go, so that nothing is optimised away. */
const sink: { last: unknown } = { last: undefined };

/** Key and fields in the order in which all contenders work them out. */
const outputsOf = (spec: MappingSpec): readonly { readonly name: string; readonly from: readonly Source[] }[] => [
  ...(spec.key === null ? [] : [{ name: "key", from: [{ kind: "expression" as const, expression: spec.key }] }]),
  ...spec.fields,
  ...spec.attributes,
];

function byHand(): Contender {
  return {
    work(records) {
      for (const record of records) sink.last = mapByHand(record);
    },
    show: async (record) => {
      const mapped = mapByHand(record);
      return mapped === null ? null : presentOf(Object.entries(mapped));
    },
  };
}

function compiled(spec: MappingSpec): Contender {
  const names = new Set(spec.let.map(({ name }) => name));
  const expression = (text: string): FusedSource => ({ kind: "expression", code: lowered(text, names) });
  const source = (from: Source): FusedSource =>
    from.kind === "expression"
      ? expression(from.expression.text)
      : { kind: "join", parts: from.parts.map(({ text }) => expression(text)), with: from.with };
  const outputs = outputsOf(spec);
  const fused = fuse({
    lets: spec.let.map((one) => ({ name: one.name, code: lowered(one.expression.text, names) })),
    steps: [
      { sources: spec.skip === null ? [] : [expression(spec.skip.text)], stopsIfTrue: true },
      ...outputs.map(({ from }) => ({ sources: from.map(source), stopsIfTrue: false })),
    ],
  });
  const run = (record: unknown): readonly unknown[] => {
    const found: unknown[] = [];
    fused(record, undefined, [], found);
    return found;
  };
  return {
    work(records) {
      for (const record of records) sink.last = run(record);
    },
    show: async (record) => {
      const [skips, ...values] = run(record);
      return skips === true ? null : presentOf(outputs.map(({ name }, index) => [name, values[index]]));
    },
  };
}

function lowered(text: string, lets: ReadonlySet<string>): LoweredExpression {
  const lowering = lower(text, lets);
  if (!lowering.compiles) throw new Error(`the bench's expression \`${text}\` does not compile: ${lowering.construct}`);
  return lowering.code;
}

function byField(spec: MappingSpec): Contender {
  const skip = spec.skip === null ? null : jsonata(spec.skip.text);
  const lets = spec.let.map(({ name, expression }) => ({ name, evaluate: jsonata(expression.text) }));
  const outputs = outputsOf(spec).map(({ name, from }) => ({
    name,
    sources: from.map((one) => jsonata(one.kind === "expression" ? one.expression.text : joinIn(one))),
  }));
  const run = async (record: unknown): Promise<Record<string, unknown> | null> => {
    if ((await skip?.evaluate(record)) === true) return null;
    const bindings: Record<string, unknown> = {};
    for (const { name, evaluate } of lets) bindings[name] = await evaluate.evaluate(record, bindings);
    const mapped: Record<string, unknown> = {};
    for (const { name, sources } of outputs) {
      for (const source of sources) {
        mapped[name] = await source.evaluate(record, bindings);
        if (isPresent(mapped[name])) break;
      }
    }
    return mapped;
  };
  return interpreted(run);
}

function interpreted(run: (record: unknown) => Promise<Record<string, unknown> | null>): Contender {
  return {
    async work(records) {
      for (const record of records) sink.last = await run(record);
    },
    show: async (record) => {
      const mapped = await run(record);
      return mapped === null ? null : presentOf(Object.entries(mapped));
    },
  };
}

/** The mapping as an author without ours would write it: one expression. */
function asOneObject(spec: MappingSpec): Contender {
  const lets = spec.let.map(({ name, expression }) => `$${name} := ${expression.text};`);
  const inner = (one: Source): string => (one.kind === "expression" ? `(${one.expression.text})` : joinIn(one));
  const pairs = outputsOf(spec).map(({ name, from }) => `${JSON.stringify(name)}: ${from.map(inner).join(" ?: ")}`);
  const object = `(${lets.join(" ")} {${pairs.join(", ")}})`;
  const whole = jsonata(spec.skip === null ? object : `(${spec.skip.text}) ? null : ${object}`);
  return interpreted((record) => whole.evaluate(record) as Promise<Record<string, unknown> | null>);
}

const joinIn = (one: Source & { readonly kind: "join" }): string =>
  `$join([${one.parts.map(({ text }) => text).join(", ")}], ${JSON.stringify(one.with)})`;

/** For information: the same with types, rules and the schema, as a run has it. */
function wholeMapper(spec: MappingSpec): Contender {
  const mapping = compileMapping(spec, { deletes: null });
  return {
    async work(records) {
      sink.last = await mapping.mapPage(records, null);
    },
    show: async () => {
      throw new Error("the whole mapper gives records, not values");
    },
  };
}

/** Lists as lists, whatever form a contender gives one item or none. */
const LISTS: ReadonlySet<string> = new Set(["orgs", "roles"]);

function presentOf(entries: readonly (readonly [string, unknown])[]): Readonly<Record<string, unknown>> {
  const present = entries.filter(([, value]) => isPresent(value));
  return Object.fromEntries(present.map(([name, value]) => [name, LISTS.has(name) ? [value].flat() : value]));
}
