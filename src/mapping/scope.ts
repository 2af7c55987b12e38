import type { JsonObject } from "../domain/json";
import { TimeSlice } from "../domain/time-slice";
import { OUT_OF_FUEL } from "./compiler/outcomes";
import { expressionMisfit } from "./expression-misfit";
import type { ExpressionTable, TableEntry } from "./expression-table";
import type { PreparedRecord } from "./prepare-record";
import type { Outcome, Sandbox } from "./sandbox/sandbox";

/** What evaluates the expressions of a mapping, the same for all records. */
export interface Evaluators {
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
  /** Each expression may take as long as a whole record otherwise does. */
  readonly #slice = new TimeSlice();

  constructor(
    private readonly evaluators: Evaluators,
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
    if (this.#slice.isOver) await this.#slice.giveWay();
    try {
      return entry.alone()(record, this.input.parent, lets);
    } catch (error) {
      // A regular expression of the reference's may go back over a text without end.
      const isLong =
        error === OUT_OF_FUEL || entry.code.usesRegex || size ** Math.max(1, entry.nesting) > REFERENCE_STEPS;
      if (isLong) return this.#inSandbox(entry);
      if (this.#slice.isOver) await this.#slice.giveWay();
      return this.#byReference(entry, lets);
    }
  }

  async #lets({ uses }: TableEntry): Promise<Readonly<Record<string, unknown>>> {
    const values: Record<string, unknown> = {};
    for (const name of uses) {
      const entry = this.evaluators.table.lets.get(name);
      if (entry !== undefined) values[name] = await this.evaluate(entry);
    }
    return values;
  }

  async #byReference(entry: TableEntry, lets: Readonly<Record<string, unknown>>): Promise<unknown> {
    try {
      // It may add to a list of the record's own.
      const record = structuredClone(this.input.record);
      return await entry.reference().evaluate(record, { ...lets, parent: this.input.parent });
    } catch (error) {
      // A small record may lead to much work: through its parent, a `let`, a range.
      if (isTimeout(error)) return this.#inSandbox(entry);
      throw expressionMisfit(error);
    }
  }

  async #inSandbox({ index }: TableEntry): Promise<unknown> {
    const question = { which: [index], records: [this.input], parent: this.input.parent };
    const [answer] = await this.evaluators.sandbox.evaluate(question);
    const [outcome] = answer ?? [];
    if (outcome === undefined) throw new Error("the sandbox left an expression without an answer");
    return valueIn(outcome);
  }
}

const isTimeout = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && error.code === "D1012";

function valueIn(outcome: Outcome): unknown {
  if ("misfit" in outcome) throw outcome.misfit;
  return outcome.value;
}
