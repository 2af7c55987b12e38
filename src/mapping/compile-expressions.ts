import { ExpressionTable, type TableEntry } from "./expression-table";
import { Misfit } from "./misfit";
import { prepareRecord } from "./prepare-record";
import { Sandbox } from "./sandbox/sandbox";
import { Scope } from "./scope";

/** Single expressions that belong to no mapping, worked out as those of a mapping are. */
export interface CompiledExpressions {
  /** The value, or in plain words why there is none; nothing that `input` holds makes it throw. */
  evaluate(text: string, input: unknown): Promise<{ readonly value: unknown } | { readonly problem: string }>;
  /** Ends the process in which some of them may run. */
  close(): Promise<void>;
}

/** The expressions were checked with their files; one that does not parse throws JSONata's own error. */
export function compileExpressions(texts: readonly string[]): CompiledExpressions {
  const table = new ExpressionTable();
  const entries = new Map<string, TableEntry>();
  for (const text of texts) if (!entries.has(text)) entries.set(text, table.add(text));
  const sandbox = new Sandbox(table.program);
  return {
    async evaluate(text, input) {
      const entry = entries.get(text);
      if (entry === undefined) throw new Error("an expression that was not compiled was asked for");
      try {
        const prepared = prepareRecord(input, false);
        const scope = new Scope({ table, sandbox }, { ...prepared, parent: undefined, given: [] });
        return { value: await scope.evaluate(entry) };
      } catch (error) {
        if (error instanceof Misfit) return { problem: error.problem };
        throw error;
      }
    },
    close: () => sandbox.close(),
  };
}
