import jsonata from "jsonata";
import { treeOf, variablesOf } from "./ast";
import { type LoweredExpression, lower } from "./compiler/lower";
import { withoutToday } from "./compiler/reference";
import { compileStandalone, type StandaloneFunction } from "./compiler/standalone";
import type { SandboxProgram } from "./sandbox/sandbox";

/** Milliseconds. */
const REFERENCE_MS = 20;

/** One expression of a mapping, and how it is worked out. */
export interface TableEntry {
  /** Its number, for the sandbox and among the values that come from there. */
  readonly index: number;
  readonly text: string;
  /** The `let`s it reads. */
  readonly uses: readonly string[];
  /** Null when it, or a `let` it leads to, cannot be proved to end: then only the sandbox works it out. */
  readonly code: LoweredExpression | null;
  /** How many loops over a record's data stand inside one another at worst, those of its `let`s included. */
  readonly nesting: number;
  /** The code by itself. Made when it is first needed: records over which the fused function gives up are few. */
  readonly alone: () => StandaloneFunction;
  /** The library's own interpreter; what takes it longer than others may wait throws its D1012. */
  readonly reference: () => jsonata.Expression;
}

/** Every expression of one mapping. Its files were checked before: one that does not parse throws JSONata's own error. */
export class ExpressionTable {
  readonly lets = new Map<string, TableEntry>();
  readonly #entries: TableEntry[] = [];

  /** Those above it are visible to a `let`, as to everything else. */
  addLet(name: string, text: string): void {
    this.lets.set(name, this.add(text));
  }

  /** With `seesLets` false for what belongs to the job and not to the mapping. */
  add(text: string, seesLets = true): TableEntry {
    const visible = seesLets ? this.lets : new Map<string, TableEntry>();
    const uses = [...variablesOf(treeOf(text))].filter((name) => visible.has(name));
    const lowering = lower(text, new Set(visible.keys()));
    const compiles = lowering.compiles && uses.every((name) => visible.get(name)?.code !== null);
    const code = compiles ? lowering.code : null;
    const entry = {
      index: this.#entries.length,
      text,
      uses,
      code,
      nesting: (code?.nesting ?? 0) + Math.max(0, ...uses.map((name) => visible.get(name)?.nesting ?? 0)),
      alone: onFirstUse(() => (code === null ? refuse : compileStandalone(code))),
      reference: onFirstUse(() => withoutToday(jsonata(text, { timeout: REFERENCE_MS }))),
    };
    this.#entries.push(entry);
    return entry;
  }

  get sandboxed(): readonly TableEntry[] {
    return this.#entries.filter(({ code }) => code === null);
  }

  /** What the sandbox needs to work out any of them. */
  get program(): SandboxProgram {
    const source = ({ text, uses }: TableEntry) => ({ text, uses });
    return {
      lets: Object.fromEntries([...this.lets].map(([name, entry]) => [name, source(entry)])),
      expressions: this.#entries.map(source),
    };
  }
}

const refuse: StandaloneFunction = () => {
  throw new Error("an expression that has no code was run");
};

function onFirstUse<T extends object>(make: () => T): () => T {
  let made: T | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
