import { isPresent, textOf } from "../coerce";
import { ExpressionEmitter } from "./emit";
import { refuel } from "./fuel";
import { instantiate } from "./instantiate";
import { Kind } from "./ir";
import type { LoweredExpression } from "./lower";
import { outcomeOf } from "./outcomes";
import { quoted, Writer } from "./writer";

export type FusedSource =
  | { readonly kind: "expression"; readonly code: LoweredExpression }
  /** A value worked out elsewhere: `given[index]`. */
  | { readonly kind: "given"; readonly index: number }
  /** What is present of the parts, as text, joined. */
  | { readonly kind: "join"; readonly parts: readonly FusedSource[]; readonly with: string };

export interface FusedStep {
  readonly sources: readonly FusedSource[];
  /** After this step nothing more is worked out when it gave true. */
  readonly stopsIfTrue: boolean;
}

export interface FusedProgram {
  readonly lets: readonly { readonly name: string; readonly code: LoweredExpression }[];
  readonly steps: readonly FusedStep[];
}

export type FusedFunction = (record: unknown, parent: unknown, given: readonly unknown[], out: unknown[]) => void;

/**
 * All steps of a mapping as one function: `out[i]` becomes what step i found, the first present of its sources (a
 * single source is given as it is), or undefined. Lets are worked out once a record. Throws `Bail` or `OutOfFuel`, and
 * what `textOf` throws for a part that is no text. The record is an object as JSON.parse makes it, without property
 * names that begin with `_jsonata_`.
 */
export function fuse(program: FusedProgram): FusedFunction {
  const writer = new Writer();
  new Fusion(writer).program(program);
  const run = instantiate<FusedFunction>(writer, ["record", "parent", "given", "out"], "", { isPresent, textOf });
  return (record, parent, given, out) => {
    refuel();
    try {
      run(record, parent, given, out);
    } catch (error) {
      throw outcomeOf(error);
    }
  };
}

class Fusion {
  readonly #writer: Writer;
  readonly #emitter: ExpressionEmitter;
  readonly #lets = new Map<string, { readonly variable: string; readonly kinds: number }>();

  constructor(writer: Writer) {
    this.#writer = writer;
    this.#emitter = new ExpressionEmitter(writer, {
      parent: "parent",
      letValue: (name) => this.#lets.get(name)?.variable ?? "undefined",
      letKinds: (name) => this.#lets.get(name)?.kinds ?? Kind.Any,
    });
  }

  program({ lets, steps }: FusedProgram): void {
    for (const { name, code } of lets) {
      const variable = this.#writer.atom(this.#expression(code));
      this.#lets.set(name, { variable, kinds: this.#emitter.kindsOf(code.ir) });
    }
    for (const [index, { sources, stopsIfTrue }] of steps.entries()) {
      const found = this.#writer.atom(this.#firstPresent(sources));
      this.#writer.line(`out[${index}] = ${found};`);
      if (stopsIfTrue) this.#writer.line(`if (${found} === true) return;`);
    }
  }

  #expression(code: LoweredExpression): string {
    this.#emitter.place(code.root, "record", Kind.Object);
    this.#emitter.place(code.input, "record", Kind.Object);
    return this.#emitter.value(code.ir);
  }

  #source(source: FusedSource): string {
    switch (source.kind) {
      case "expression":
        return this.#expression(source.code);
      case "given":
        return `given[${source.index}]`;
      case "join":
        return this.#join(source);
    }
  }

  /** Later sources are worked out only when the earlier ones are not present. */
  #firstPresent(sources: readonly FusedSource[]): string {
    const [first, ...others] = sources;
    if (first === undefined) return "undefined";
    if (others.length === 0) return this.#source(first);
    const found = this.#writer.assigned(this.#source(first));
    this.#unlessPresent(found, others);
    return found;
  }

  #unlessPresent(found: string, [next, ...others]: readonly FusedSource[]): void {
    this.#writer.block(`if (!${this.#isPresent(found)})`, () => {
      this.#writer.line(`${found} = ${next === undefined ? "undefined" : this.#source(next)};`);
      if (next !== undefined) this.#unlessPresent(found, others);
    });
  }

  #join({ parts, with: separator }: Extract<FusedSource, { kind: "join" }>): string {
    const writer = this.#writer;
    const text = writer.assigned("undefined");
    for (const part of parts) {
      const value = writer.variableFor(this.#source(part));
      const piece = `(typeof ${value} === "string" ? ${value} : textOf(${value}))`;
      writer.line(
        `if (${this.#isPresent(value)}) ${text} = ${text} === undefined ? ${piece} : ${text} + ${quoted(separator)} + ${piece};`,
      );
    }
    writer.line(`if (${text} === undefined) ${text} = "";`);
    return text;
  }

  #isPresent(value: string): string {
    // Most texts neither begin with white space nor are empty, which is seen without trimming.
    return `(typeof ${value} === "string" ? ${value}.charCodeAt(0) > 32 && ${value}.charCodeAt(0) < 128 || isPresent(${value}) : isPresent(${value}))`;
  }
}
