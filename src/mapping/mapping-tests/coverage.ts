import { attributeLabel } from "../../domain/field-label";
import type { JsonObject } from "../../domain/json";
import type { Expression, FieldRule, MappingSpec } from "../../domain/mapping";
import type { Unreached } from "../../domain/mapping-tests";
import type { FieldTrace, RecordTrace } from "../../domain/trace";
import { expressionsOf } from "../source-expressions";
import { lookUp } from "../trace/look-up";
import { type Arm, ConditionWatch } from "./condition-watch";

/** Gathers what the tests of one mapping reach, to tell what they leave out. */
export class Coverage {
  readonly #traces: RecordTrace[] = [];
  readonly #conditions: ConditionWatch;
  readonly #rules: readonly (readonly [label: string, rule: FieldRule])[];

  constructor(private readonly spec: MappingSpec) {
    this.#rules = [
      ...spec.fields.map((rule) => [rule.name, rule] as const),
      ...spec.attributes.map((rule) => [attributeLabel(rule.name), rule] as const),
    ];
    this.#conditions = new ConditionWatch(
      spec,
      this.#rules.flatMap(([, { from }]) => from.flatMap(expressionsOf)),
    );
  }

  async add(record: unknown, parent: JsonObject | null, trace: RecordTrace): Promise<void> {
    this.#traces.push(trace);
    const reached = this.#rules.flatMap(([label, { from }]) => {
      const sources = trace.fields.find(({ field }) => field === label)?.sources ?? [];
      return from.filter((_, index) => sources[index]?.reached && sources[index].problem === null);
    });
    await this.#conditions.watch(reached.flatMap(expressionsOf), record, parent);
  }

  /** In the order of the file. */
  unreached(): readonly Unreached[] {
    return [
      ...this.#decisions(),
      ...this.#conditionsOf(
        "let",
        this.spec.let.map(({ expression }) => expression),
      ),
      ...this.#rules.flatMap(([label, rule]) => this.#ofRule(label, rule)),
    ];
  }

  #decisions(): readonly Unreached[] {
    const decisions = this.#traces.find((trace) => trace.decisions.length > 0)?.decisions ?? [];
    return decisions.flatMap(({ field, at }) => {
      const isTrue = this.#traces.some((trace) =>
        trace.decisions.some((one) => one.field === field && one.value === true),
      );
      return field === "key" || isTrue ? [] : [{ field, at, message: "it is true for no test" }];
    });
  }

  #ofRule(label: string, rule: FieldRule): readonly Unreached[] {
    const traces = this.#traces.flatMap(({ fields }) => fields.filter(({ field }) => field === label));
    const told = (message: string, at = rule.at): Unreached => ({ field: label, at, message });
    if (traces.every(({ value }) => value === null || isEmptyList(value))) return [told("no test fills it")];
    return [
      ...rule.from.flatMap((_, index) => unusedSource(index, traces, told)),
      ...unusedEntries(rule, traces).map((message) => told(message)),
      ...(rule.default === undefined || traces.some(({ outcome }) => outcome === "default")
        ? []
        : [told("its `default` is never taken")]),
      ...this.#conditionsOf(label, rule.from.flatMap(expressionsOf)),
    ];
  }

  #conditionsOf(field: string, expressions: readonly Expression[]): readonly Unreached[] {
    return this.#conditions.arms
      .filter(({ expression, taken }) => !taken && expressions.includes(expression))
      .map((arm) => ({ field, at: arm.expression.at, message: untaken(arm) }));
  }
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

type Tell = (message: string, at?: Unreached["at"]) => Unreached;

function unusedSource(index: number, traces: readonly FieldTrace[], told: Tell): readonly Unreached[] {
  const uses = traces.flatMap(({ sources }) => sources.slice(index, index + 1));
  const [use] = uses;
  if (use === undefined || uses.some(({ reached, present }) => reached && present)) return [];
  const isReached = uses.some(({ reached }) => reached);
  const why = isReached ? "gives nothing in any test" : "is never asked: one before it is always there";
  return [told(`\`${use.expression}\` ${why}`, use.at)];
}

/** Entries of a field's `map` that no test meets. */
function unusedEntries(rule: FieldRule, traces: readonly FieldTrace[]): readonly string[] {
  if (rule.map === null) return [];
  const met = traces
    .flatMap(({ sources }) => sources.find(({ reached, present }) => reached && present)?.value ?? [])
    .flatMap((value) => lookUp(rule, value) ?? []);
  const names = Object.keys(rule.map.entries).filter((name) =>
    met.every(({ by, from }) => by !== "entry" || from !== name),
  );
  return [
    ...(names.length === 0 ? [] : [`no test meets ${names.map((name) => `\`${name}\``).join(", ")} of its \`map\``]),
    ...(rule.map.fallback === undefined || met.some(({ by }) => by === "fallback")
      ? []
      : ["no test meets `_` of its `map`"]),
  ];
}

function untaken({ expression, condition, of, when }: Arm): string {
  const which = of === 1 ? "its condition" : `condition ${condition} of ${of}`;
  return `\`${expression.text}\`: ${which} is never ${when}`;
}
