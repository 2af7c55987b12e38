import { setImmediate as nextTurn } from "node:timers/promises";
import { FIELDS, isEntity, LINK_ENDS, type LinkKind } from "../domain/entities";
import type { JsonObject } from "../domain/json";
import type { Mapped, MappedLink, MappedList, MappedRecord, MappingSpec, RejectedRecord } from "../domain/mapping";
import { keyOf } from "./coerce";
import { type CompiledField, compileField } from "./compile-field";
import { type Draft, emptyDraft, labelOf } from "./draft";
import { compileSchema, type Fault } from "./entity-schema";
import { type CompiledExpression, compileExpression, type Lets, Scope } from "./expression";
import { kindOf, Misfit, misfitOf } from "./misfit";
import { prepareRecord } from "./prepare-record";

/** Others get their turn at least this often; one record is never interrupted. */
const LONGEST_STRETCH_MS = 20;

export interface MappingOptions {
  /** The job's `deletes` expression; it sees the record and `$parent`, not the mapping's `let`. */
  readonly deletes: string | null;
}

/** The port `Mapper`: raw records in, one result a record out, in order; nothing a record holds makes it throw. */
export interface CompiledMapping {
  mapPage(records: readonly unknown[], parent: JsonObject | null): Promise<readonly Mapped[]>;
}

/** Everything a record is put through, compiled. */
interface Plan {
  readonly spec: MappingSpec;
  readonly lets: Lets;
  readonly key: CompiledExpression | null;
  readonly deletes: CompiledExpression | null;
  readonly skip: CompiledExpression | null;
  readonly fields: readonly CompiledField[];
  readonly check: (draft: Draft) => Fault | null;
}

/** Compiles a mapping once a run. The spec's expressions were checked with the files; one that does not parse throws. */
export function compileMapping(spec: MappingSpec, options: MappingOptions): CompiledMapping {
  const lets = new Map<string, CompiledExpression>();
  for (const { name, expression } of spec.let) lets.set(name, compileExpression(expression.text, new Map(lets)));
  const plan: Plan = {
    spec,
    lets,
    key: spec.key === null ? null : compileExpression(spec.key.text, lets),
    deletes: options.deletes === null ? null : compileExpression(options.deletes, new Map()),
    skip: spec.skip === null ? null : compileExpression(spec.skip.text, lets),
    fields: [
      ...spec.fields.map((rule) => compileField(rule, spec.into, lets)),
      ...spec.attributes.map((rule) => compileField(rule, "attributes", lets)),
    ],
    check: compileSchema(spec),
  };
  return {
    async mapPage(records, parent) {
      const mapped: Mapped[] = [];
      let resumedAt = performance.now();
      for (const record of records) {
        mapped.push(await mapRecord(plan, record, parent));
        if (performance.now() - resumedAt > LONGEST_STRETCH_MS) {
          await nextTurn();
          resumedAt = performance.now();
        }
      }
      return mapped;
    },
  };
}

/** The way of one record: its key, whether it is gone or left out, its fields, the check of the whole. */
async function mapRecord(plan: Plan, raw: unknown, rawParent: JsonObject | null): Promise<Mapped> {
  const { spec } = plan;
  let key: string | null = null;
  let field: string | null = null;
  try {
    const record = prepareRecord(raw, spec.keepNulls);
    const parent = rawParent === null ? undefined : prepareRecord(rawParent, spec.keepNulls);
    const scope = new Scope(record, parent, plan.lets);

    const found = await readKey(plan, scope);
    if (typeof found === "string") key = found;
    field = "deletes";
    const deleted = await isTrue(plan.deletes, scope);
    field = "skip";
    if (!deleted && (await isTrue(plan.skip, scope))) return { outcome: "skipped", key, because: "skip" };
    field = "key";
    if (found instanceof Misfit) throw found;
    if (deleted) return { outcome: "skipped", key, because: "deleted" };

    const draft = emptyDraft();
    for (const compiled of plan.fields) {
      field = compiled.label;
      const filling = compiled.fill(scope, draft);
      if (filling !== undefined) await filling;
    }
    const fault = firstFault(plan, draft);
    if (fault !== null) return rejected(key, labelOf(fault.section, fault.name), fault.misfit);
    return isEntity(spec.into) ? recordOf(plan, key ?? "", draft) : linkOf(spec.into, draft);
  } catch (error) {
    return rejected(key, field, misfitOf(error));
  }
}

/** A key that cannot be read matters only once the record is not left out, so it is handed over, not thrown. */
async function readKey(plan: Plan, scope: Scope): Promise<string | Misfit | null> {
  if (plan.key === null) return null;
  try {
    return keyOf(await plan.key.evaluate(scope));
  } catch (error) {
    return misfitOf(error);
  }
}

/** Only `true` itself counts: for JSONata any text is true, "false" included. */
async function isTrue(condition: CompiledExpression | null, scope: Scope): Promise<boolean> {
  const value = (await condition?.evaluate(scope)) ?? false;
  if (typeof value === "boolean") return value;
  throw new Misfit("MAP036", `gave ${kindOf(value)}, not true or false; compare it, as in \`gone = "true"\``);
}

/** The first thing wrong with the draft as a whole, after what may be dropped was dropped. */
function firstFault(plan: Plan, draft: Draft): Fault | null {
  for (;;) {
    const fault = plan.check(draft);
    if (fault === null) return null;
    const at = plan.fields.find(({ section, name }) => section === fault.section && name === fault.name);
    if (at?.rule.invalid !== "drop" || at.section === "lists" || fault.misfit.code === "MAP020") return fault;
    draft.dropped.add(at.label);
    delete draft[at.section][at.name];
  }
}

function recordOf({ fields }: Plan, key: string, draft: Draft): MappedRecord {
  const values: Record<string, string | boolean | null> = {};
  const lists: MappedList[] = [];
  for (const { section, name, links } of fields) {
    if (section === "values") values[name] = scalarOf(draft, name);
    if (links !== null) lists.push({ field: name, links, items: draft.lists[name] ?? [] });
  }
  return { outcome: "record", key, values, attributes: draft.attributes, lists, dropped: [...draft.dropped] };
}

function scalarOf(draft: Draft, name: string): string | boolean | null {
  const value = draft.values[name];
  return typeof value === "string" || typeof value === "boolean" ? value : null;
}

function linkOf(links: LinkKind, draft: Draft): MappedLink {
  const { left, right, scope } = LINK_ENDS[links];
  const end = (refers: string | null): string | null => {
    const name = FIELDS[links].find((field) => field.refers === refers)?.name;
    const value = name === undefined ? null : scalarOf(draft, name);
    return typeof value === "string" ? value : null;
  };
  return { outcome: "link", links, left: end(left) ?? "", right: end(right) ?? "", scope: end(scope) };
}

const rejected = (key: string | null, field: string | null, { code, problem }: Misfit): RejectedRecord => ({
  outcome: "rejected",
  key,
  field,
  code,
  reason: field === null ? problem : `\`${field}\` ${problem}`,
});
