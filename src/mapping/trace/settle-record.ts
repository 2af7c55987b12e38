import { FIELDS, type FieldSpec } from "../../domain/entities";
import { attributeLabel } from "../../domain/field-label";
import type { JsonObject } from "../../domain/json";
import type { FieldRule, Mapped, MappingSpec } from "../../domain/mapping";
import type { TraceProblem } from "../../domain/trace";
import type { MappingOptions } from "../compile-mapping";
import { CompiledVariants } from "./compiled-variants";
import type { Compile } from "./probe-sources";

/** A record's result, and what it would be were it not for what does not fit. */
export interface Settled {
  readonly result: Mapped;
  /** With what does not fit left out. */
  readonly rest: Mapped;
  /** By label: everything that does not fit, the reason of the reject first. */
  readonly faults: ReadonlyMap<string, TraceProblem>;
}

/**
 * Maps records as a run does. A run stops at the first thing that does not fit; an author wants to see all of it, so the record
 * is mapped again without that field, until the rest fits.
 */
export class RecordSettler {
  /** By the labels that are left out. */
  readonly #variants = new CompiledVariants<string>();

  constructor(
    private readonly spec: MappingSpec,
    private readonly options: MappingOptions,
    private readonly compile: Compile,
  ) {}

  async settle(record: unknown, parent: JsonObject | null): Promise<Settled> {
    const faults = new Map<string, TraceProblem>();
    const result = await this.#map(record, parent, faults);
    let rest = result;
    while (rest.outcome === "rejected" && rest.field !== null && !faults.has(rest.field)) {
      faults.set(rest.field, { code: rest.code, reason: rest.reason });
      rest = await this.#map(record, parent, faults);
    }
    return { result, rest, faults };
  }

  close(): Promise<void> {
    return this.#variants.close();
  }

  #map(record: unknown, parent: JsonObject | null, without: ReadonlyMap<string, unknown>): Promise<Mapped> {
    const labels = [...without.keys()].sort();
    return this.#variants.map(labels.join("\n"), () => this.#compileWithout(labels), { record, parent });
  }

  #compileWithout(labels: readonly string[]): ReturnType<Compile> {
    const { spec } = this;
    const isKept = (label: string): boolean => !labels.includes(label);
    const fields = spec.fields.filter((rule) => isKept(rule.name));
    const stands = FIELDS[spec.into].filter((field) => field.required && !isKept(field.name)).map(standIn);
    const kept: MappingSpec = {
      ...spec,
      key: spec.key === null || isKept("key") ? spec.key : { ...spec.key, text: '"0"' },
      skip: isKept("skip") ? spec.skip : null,
      fields: [...fields, ...stands],
      attributes: spec.attributes.filter((rule) => isKept(attributeLabel(rule.name))),
    };
    return this.compile(kept, { ...this.options, deletes: isKept("deletes") ? this.options.deletes : null });
  }
}

/** A value that fits, for a field the record cannot do without. */
const standIn = ({ name, type, values }: FieldSpec): FieldRule => ({
  name,
  at: { file: "", line: 1, column: 1 },
  from: [],
  type,
  ...(values === undefined ? {} : { values }),
  required: true,
  map: null,
  default: values?.[0] ?? "0",
  pii: false,
  invalid: "reject",
  compare: true,
});
