import type { JsonObject } from "../domain/json";
import { OUT_OF_FUEL } from "./compiler/outcomes";
import { expressionMisfit } from "./expression-misfit";
import type { ExpressionTable, TableEntry } from "./expression-table";
import type { PreparedRecord } from "./prepare-record";
import type { Outcome, Sandbox } from "./sandbox/sandbox";

/** What all records of a mapping are worked out with. */
export interface Workshop {
  readonly table: ExpressionTable;
  readonly sandbox: Sandbox;
}

/** A record with all that its expressions read. */
export interface Input extends PreparedRecord {
  readonly parent: JsonObject | undefined;
  /** What the sandbox found already, by the number of the expression. */
  readonly given: readonly (Outcome | undefined)[];
}

/** Up to so many steps the reference interpreter, at some microseconds each, gives timers their turn soon enough. */
const REFERENCE_STEPS = 5_000;

/**
 * Works out the expressions of one record one by one, for the few records over which the fused function gave up: compiled
 * code first, the reference interpreter where that gives up, and the sandbox where the interpreter could take long.
 * Every value is worked out when it is first asked for, and once.
 */
export class Scope {
  readonly #known = new Map<TableEntry, Promise<unknown>>();

  constructor(
    private readonly workshop: Workshop,
    private readonly input: Input,
  ) {}

  /** The value an expression gives; rejects with a `Misfit`. */
  evaluate(entry: TableEntry): Promise<unknown> {
    const known = this.#known.get(entry) ?? this.#workOut(entry);
    this.#known.set(entry, known);
    return known;
  }

  async #workOut(entry: TableEntry): Promise<unknown> {
    const { record, size } = this.input;
    const given = this.input.given[entry.index];
    if (given !== undefined) return valueIn(given);
    if (entry.code === null) return this.#inSandbox(entry);
    const lets = await this.#lets(entry);
    try {
      return entry.alone()(record, this.input.parent, lets);
    } catch (error) {
      // A regular expression of the reference's may go back over a text without end.
      const isLong =
        error === OUT_OF_FUEL || entry.code.usesRegex || size ** Math.max(1, entry.nesting) > REFERENCE_STEPS;
      return isLong ? this.#inSandbox(entry) : this.#byReference(entry, lets);
    }
  }

  async #lets({ uses }: TableEntry): Promise<Readonly<Record<string, unknown>>> {
    const values: Record<string, unknown> = {};
    for (const name of uses) {
      const entry = this.workshop.table.lets.get(name);
      if (entry !== undefined) values[name] = await this.evaluate(entry);
    }
    return values;
  }

  async #byReference({ reference }: TableEntry, lets: Readonly<Record<string, unknown>>): Promise<unknown> {
    try {
      // It may add to a list of the record's own.
      return await reference().evaluate(structuredClone(this.input.record), { ...lets, parent: this.input.parent });
    } catch (error) {
      throw expressionMisfit(error);
    }
  }

  async #inSandbox({ index }: TableEntry): Promise<unknown> {
    const request = { which: [index], records: [this.input.record], parent: this.input.parent };
    const [answer] = await this.workshop.sandbox.evaluate(request);
    const [outcome] = answer ?? [];
    if (outcome === undefined) throw new Error("the sandbox left an expression without an answer");
    return valueIn(outcome);
  }
}

function valueIn(outcome: Outcome): unknown {
  if ("misfit" in outcome) throw outcome.misfit;
  return outcome.value;
}
