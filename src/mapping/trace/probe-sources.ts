import { attributeLabel } from "../../domain/field-label";
import type { Json, JsonObject } from "../../domain/json";
import type { FieldRule, Mapped, MappingSpec, Source } from "../../domain/mapping";
import type { TraceProblem } from "../../domain/trace";
import type { CompiledMapping, MappingOptions } from "../compile-mapping";
import { CompiledVariants } from "./compiled-variants";

/** Compiles a mapping as a run does. */
export type Compile = (spec: MappingSpec, options: MappingOptions) => CompiledMapping | Promise<CompiledMapping>;

/** What one source gave; null for nothing. */
export interface Probed {
  readonly value: Json;
  readonly problem: TraceProblem | null;
}

/**
 * Asks the production engine what single sources give, by mapping each to an attribute of its own: there is no second way of
 * evaluating an expression that could differ from a run's.
 */
export class SourceProbe {
  /** By what is asked at once: all sources, or one that failed among them, to be told why. */
  readonly #variants = new CompiledVariants<number | "all">();

  constructor(
    private readonly spec: MappingSpec,
    private readonly sources: readonly Source[],
    private readonly compile: Compile,
  ) {}

  /** One result a source, in their order. */
  async ask(record: unknown, parent: JsonObject | null): Promise<readonly Probed[]> {
    if (this.sources.length === 0) return [];
    const all = await this.#map("all", record, parent);
    const probed: Probed[] = [];
    for (const index of this.sources.keys()) {
      const isWhole = all.outcome === "record" && !all.dropped.includes(attributeLabel(String(index)));
      probed.push(resultOf(index, isWhole ? all : await this.#map(index, record, parent)));
    }
    return probed;
  }

  close(): Promise<void> {
    return this.#variants.close();
  }

  #map(asked: number | "all", record: unknown, parent: JsonObject | null): Promise<Mapped> {
    const compile = () => this.compile(this.#specFor(asked), { deletes: null });
    return this.#variants.map(asked, compile, { record, parent });
  }

  #specFor(asked: number | "all"): MappingSpec {
    const rules = this.sources.map((source, index) => attribute(String(index), source, asked === "all"));
    return {
      ...this.spec,
      into: "roles",
      key: { text: '"0"', at: { file: this.spec.file, line: 1, column: 1 } },
      skip: null,
      fields: [{ ...attribute("name", null, false), type: "text", default: "0" }],
      attributes: asked === "all" ? rules : rules.slice(asked, asked + 1),
    };
  }
}

function resultOf(index: number, mapped: Mapped): Probed {
  if (mapped.outcome === "record") return { value: mapped.attributes[String(index)] ?? null, problem: null };
  const { code, reason } = mapped.outcome === "rejected" ? mapped : { code: "MAP028", reason: "cannot be computed" };
  return { value: null, problem: { code, reason: reason.replace(/^`attributes\.\d+` /, "") } };
}

/** Kept as the JSON it is. */
const attribute = (name: string, source: Source | null, drops: boolean): FieldRule => ({
  name,
  at: { file: "", line: 1, column: 1 },
  from: source === null ? [] : [source],
  type: "any",
  required: false,
  map: null,
  default: undefined,
  pii: false,
  invalid: drops ? "drop" : "reject",
  compare: true,
});
