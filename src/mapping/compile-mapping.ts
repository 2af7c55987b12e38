import { isEntity } from "../domain/entities";
import type { JsonObject } from "../domain/json";
import type { Mapped, MappingSpec } from "../domain/mapping";
import { TimeSlice } from "../domain/time-slice";
import { compileDraft } from "./compile-draft";
import { type CompiledSource, compileField, fusedSource } from "./compile-field";
import { fuse } from "./compiler/fuse";
import { compileSchema } from "./entity-schema";
import { ExpressionTable } from "./expression-table";
import { findValues, type Step, type Steps } from "./find-values";
import { FIRST_FIELD, makeRecord, type RecordRules, rejected } from "./make-record";
import { Misfit, misfitOf } from "./misfit";
import { type PreparedRecord, prepareRecord } from "./prepare-record";
import { type Outcome, Sandbox } from "./sandbox/sandbox";
import { asRemoved, tellsRemoval } from "./tell-removed";

export interface MappingOptions {
  /** The job's `deletes` expression; it sees the record and `$parent`, not the mapping's `let`. */
  readonly deletes: string | null;
  /** The path of the job's `delta.removed`; a record with something there is gone. */
  readonly removed?: readonly string[] | null;
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
  const { removed = null } = options;
  return {
    async mapPage(records, rawParent) {
      const parent = rawParent === null ? null : prepare(plan, rawParent);
      if (parent instanceof Misfit) return records.map(() => rejected(null, null, parent));
      const given = await askSandbox(plan, records, parent?.record);
      const mapped: Mapped[] = [];
      const slice = new TimeSlice();
      // Read by `makeRecord` before the next record is looked at, so that one serves all.
      const values: unknown[] = [];
      for (const [row, raw] of records.entries()) {
        const prepared = prepare(plan, raw);
        if (prepared instanceof Misfit) mapped.push(rejected(null, null, prepared));
        else {
          const { record, size } = prepared;
          const input = { record, size, parent: parent?.record, given: given.get(row) ?? NOTHING };
          const found = findValues(plan, input, values);
          mapped.push(makeRecord(plan, found instanceof Promise ? await found : found));
        }
        if (slice.isOver) await slice.giveWay();
      }
      return removed === null
        ? mapped
        : mapped.map((result, row) => (tellsRemoval(records[row], removed) ? asRemoved(result) : result));
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
  return {
    spec,
    linksInto: isEntity(spec.into) ? null : spec.into,
    table,
    sandbox: new Sandbox(table.program),
    steps,
    fused,
    fields,
    drafting: compileDraft(fields, FIRST_FIELD),
    check: compileSchema(spec),
  };
}

function prepare({ spec }: Plan, raw: unknown): PreparedRecord | Misfit {
  try {
    return prepareRecord(raw, spec.keepNulls);
  } catch (error) {
    return misfitOf(error);
  }
}

type Given = readonly (Outcome | undefined)[];

const NOTHING: Given = [];

/** What only the sandbox can work out, for all records of a page at once: by the record's place in it, by expression. */
async function askSandbox(
  plan: Plan,
  records: readonly unknown[],
  parent: JsonObject | undefined,
): Promise<ReadonlyMap<number, Given>> {
  const which = plan.table.sandboxed.map(({ index }) => index);
  const given = new Map<number, Given>();
  if (which.length === 0) return given;
  const rows: number[] = [];
  const good: PreparedRecord[] = [];
  for (const [row, raw] of records.entries()) {
    const prepared = prepare(plan, raw);
    if (prepared instanceof Misfit) continue;
    rows.push(row);
    good.push(prepared);
  }
  const answers = await plan.sandbox.evaluate({ which, records: good, parent });
  for (const [place, outcomes] of answers.entries()) given.set(rows[place] ?? -1, byNumber(which, outcomes));
  return given;
}

function byNumber(which: readonly number[], outcomes: readonly Outcome[]): Given {
  const given: (Outcome | undefined)[] = [];
  which.forEach((number, column) => {
    given[number] = outcomes[column];
  });
  return given;
}
