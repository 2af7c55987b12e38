import { factsOf } from "./facts";
import { type Ir, Kind, type Slot } from "./ir";
import type { Writer } from "./writer";

/** What stands for the names an expression reads from outside. */
export interface Outside {
  /** The variable with the parent's record. */
  readonly parent: string;
  letValue(name: string): string;
  letKinds(name: string): number;
}

/**
 * Writes expressions as JavaScript. `value` writes what must be done before and gives a JavaScript expression without
 * effect; `atom` gives a variable or a literal, which may be used more than once.
 */
export abstract class Emitter {
  readonly writer: Writer;
  readonly outside: Outside;
  readonly #variables = new Map<Slot, string>();
  /** Kinds of a variable, where more is known of it than when it was lowered. */
  readonly #kinds = new Map<Slot, number>();

  constructor(writer: Writer, outside: Outside) {
    this.writer = writer;
    this.outside = outside;
  }

  abstract value(ir: Ir): string;

  /** Says which variable holds a slot. */
  place(slot: Slot, variable: string, kinds = slot.kinds): void {
    this.#variables.set(slot, variable);
    this.#kinds.set(slot, kinds);
  }

  /** A slot as a parameter of the function at hand. */
  parameter(slot: Slot): string {
    const parameter = this.writer.parameter();
    this.place(slot, parameter);
    return parameter;
  }

  variableOf(slot: Slot): string {
    return this.#variables.get(slot) ?? "undefined";
  }

  kindsOf(ir: Ir): number {
    if (ir.op === "let") return this.outside.letKinds(ir.name);
    if (ir.op === "local") return this.#kinds.get(ir.slot) ?? ir.slot.kinds;
    return factsOf(ir).kinds;
  }

  mayBeList(ir: Ir): boolean {
    return (this.kindsOf(ir) & Kind.List) !== 0;
  }

  atom(ir: Ir): string {
    return this.writer.atom(this.value(ir));
  }

  /** A condition of JavaScript: JSONata's truth of the value. */
  truth(ir: Ir): string {
    const kinds = this.kindsOf(ir);
    const value = this.value(ir);
    if (kinds === Kind.Boolean) return value;
    return (kinds & ~(Kind.Boolean | Kind.Undefined)) === 0 ? `${value} === true` : `truth(${value})`;
  }
}
