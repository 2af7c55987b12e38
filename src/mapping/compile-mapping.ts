import { setImmediate as nextTurn } from "node:timers/promises";
import type { JsonObject } from "../domain/json";
import type { Mapped, MappingSpec } from "../domain/mapping";
import { type CompiledSource, compileField, fusedSource } from "./compile-field";
import { fuse } from "./compiler/fuse";
import { compileSchema } from "./entity-schema";
import { ExpressionTable } from "./expression-table";
import { findValues, type Step, type Steps } from "./find-values";
import { makeRecord, type RecordRules, rejected } from "./make-record";
import { Misfit, misfitOf } from "./misfit";
import { type PreparedRecord, prepareRecord } from "./prepare-record";
import { type Outcome, Sandbox } from "./sandbox/sandbox";
import type { Input } from "./scope";

/** Others get their turn at least this often; one record is never interrupted. */
const LONGEST_STRETCH_MS = 20;

export interface MappingOptions {
  /** The job's `deletes` expression; it sees the record and `$parent`, not the mapping's `let`. */
  readonly deletes: string | null;
}

/** The port `Mapper`: raw records in, one result a record out, in order; nothing a record holds makes it throw. */
export interface CompiledMapping {
  mapPage(records: readonly unknown[], parent: JsonObject | null): Promise<readonly Mapped[]>;
  /** Ends the process in which some expressions may run. */
  close(): Promise<void>;
}

type Plan = Steps & RecordRules;

/** Compiles a mapping once a run. The spec's expressions were checked with the files; one that does not parse throws. */
export function compileMapping(spec: MappingSpec, options: MappingOptions): CompiledMapping {
  const plan = makePlan(spec, options);
  return {
    async mapPage(records, parent) {
      const mapped: Mapped[] = [];
      let resumedAt = performance.now();
      for (const input of await preparePage(plan, records, parent)) {
        if (input instanceof Misfit) mapped.push(rejected(null, null, input));
        else {
          const found = findValues(plan, input);
          mapped.push(makeRecord(plan, found instanceof Promise ? await found : found));
        }
        if (performance.now() - resumedAt > LONGEST_STRETCH_MS) {
          await nextTurn();
          resumedAt = performance.now();
        }
      }
      return mapped;
    },
    close: () => plan.sandbox.close(),
  };
}

function makePlan(spec: MappingSpec, { deletes }: MappingOptions): Plan {
  const table = new ExpressionTable();
  for (const { name, expression } of spec.let) table.addLet(name, expression.text);
  const decision = (text: string | null | undefined, stopsIfTrue: boolean, seesLets = true): Step => {
    const sources: readonly CompiledSource[] =
      text == null ? [] : [{ kind: "expression", entry: table.add(text, seesLets) }];
    return { sources, stopsIfTrue };
  };
  // In the order in which `makeRecord` reads them.
  const decisions = [decision(spec.key?.text, false), decision(deletes, true, false), decision(spec.skip?.text, true)];
  const fields = [
    ...spec.fields.map((rule) => compileField(rule, spec.into, table)),
    ...spec.attributes.map((rule) => compileField(rule, "attributes", table)),
  ];
  const steps = [...decisions, ...fields.map(({ sources }) => ({ sources, stopsIfTrue: false }))];
  const fused = fuse({
    lets: [...table.lets].flatMap(([name, { code }]) => (code === null ? [] : [{ name, code }])),
    steps: steps.map(({ sources, stopsIfTrue }) => ({ sources: sources.map(fusedSource), stopsIfTrue })),
  });
  return { spec, table, sandbox: new Sandbox(table.program), steps, fields, check: compileSchema(spec), fused };
}

/** The page's records as expressions see them; what only the sandbox can work out is worked out for all of them at once. */
async function preparePage(
  { spec, table, sandbox }: Plan,
  records: readonly unknown[],
  rawParent: JsonObject | null,
): Promise<readonly (Input | Misfit)[]> {
  const prepare = (raw: unknown): PreparedRecord | Misfit => {
    try {
      return prepareRecord(raw, spec.keepNulls);
    } catch (error) {
      return misfitOf(error);
    }
  };
  const preparedParent = rawParent === null ? undefined : prepare(rawParent);
  if (preparedParent instanceof Misfit) return records.map(() => preparedParent);
  const parent = preparedParent?.record;
  const page = records.map(prepare);
  const which = table.sandboxed.map(({ index }) => index);
  if (which.length === 0)
    return page.map((prepared) => (prepared instanceof Misfit ? prepared : { ...prepared, parent, given: NOTHING }));
  const good = page.flatMap((prepared) => (prepared instanceof Misfit ? [] : [prepared.record]));
  const outcomes = (await sandbox.evaluate({ which, records: good, parent })).values();
  return page.map((prepared) =>
    prepared instanceof Misfit
      ? prepared
      : { ...prepared, parent, given: byNumber(which, outcomes.next().value ?? NOTHING) },
  );
}

const NOTHING: readonly never[] = [];

function byNumber(which: readonly number[], outcomes: readonly Outcome[]): readonly (Outcome | undefined)[] {
  const given: (Outcome | undefined)[] = [];
  which.forEach((number, column) => {
    given[number] = outcomes[column];
  });
  return given;
}
