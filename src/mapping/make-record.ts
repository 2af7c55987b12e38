import { asInactive, FIELDS, type Inactive, LINK_ENDS, type LinkKind } from "../domain/entities";
import type { Mapped, MappedLink, MappingSpec, RejectedRecord } from "../domain/mapping";
import { keyOf } from "./coerce";
import type { Drafting } from "./compile-draft";
import { type CompiledField, Refusal } from "./compile-field";
import { type Draft, drop, labelOf } from "./draft";
import type { Fault } from "./entity-schema";
import { kindOf, Misfit, misfitOf } from "./misfit";

/** What makes a record of the values that its expressions gave. */
export interface RecordRules {
  readonly spec: MappingSpec;
  readonly fields: readonly CompiledField[];
  /** What the mapping's links are; null where it maps records. */
  readonly linksInto: LinkKind | null;
  readonly drafting: Drafting;
  readonly check: (draft: Draft) => Fault | null;
}

/** Where the value of each expression stands; those of the fields follow, in their order. */
const [KEY, DELETES, SKIP] = [0, 1, 2] as const;
export const FIRST_FIELD = 3;

/**
 * The way of one record from the values its expressions gave, or the misfits in their place: its key, whether it is gone or
 * left out, its fields, the check of the whole.
 */
export function makeRecord(rules: RecordRules, found: readonly unknown[]): Mapped {
  const made = recordOf(rules, found);
  if (made.outcome !== "rejected" || made.key === null) return made;
  const inactive = inactiveBy(rules, found);
  return inactive === undefined ? made : { ...made, inactive };
}

/** A system that blanks out the records of leavers must not keep them signed in. */
function inactiveBy({ spec, fields }: RecordRules, found: readonly unknown[]): Inactive | undefined {
  if (spec.into !== "users") return undefined;
  const place = fields.findIndex(({ section, name }) => section === "values" && name === "status");
  try {
    return asInactive(fields[place]?.settle(found[FIRST_FIELD + place], []));
  } catch {
    // The record was rejected for this or another reason, which is told of it already.
    return undefined;
  }
}

function recordOf(rules: RecordRules, found: readonly unknown[]): Mapped {
  const { spec, linksInto, drafting } = rules;
  let key: string | null = null;
  let field: string | null = null;
  try {
    const foundKey = spec.key === null ? null : readKey(found[KEY]);
    if (typeof foundKey === "string") key = foundKey;
    field = "deletes";
    const deleted = isTrue(found[DELETES]);
    field = "skip";
    if (!deleted && isTrue(found[SKIP])) return { outcome: "skipped", key, because: "skip" };
    field = "key";
    if (foundKey instanceof Misfit) throw foundKey;
    if (deleted) return { outcome: "skipped", key, because: "deleted" };

    const draft = drafting.fill(found);
    const fault = firstFault(rules, draft);
    if (fault !== null) return rejected(key, labelOf(fault.section, fault.name), fault.misfit);
    return linksInto === null ? drafting.finish(key ?? "", draft) : linkOf(linksInto, draft);
  } catch (error) {
    return error instanceof Refusal ? rejected(key, error.label, error.misfit) : rejected(key, field, misfitOf(error));
  }
}

/** A key that cannot be read matters only once the record is not left out, so it is handed over, not thrown. */
function readKey(found: unknown): string | Misfit {
  if (found instanceof Misfit) return found;
  try {
    return keyOf(found);
  } catch (error) {
    return misfitOf(error);
  }
}

/** Only `true` itself counts: for JSONata any text is true, "false" included. */
function isTrue(found: unknown): boolean {
  if (found instanceof Misfit) throw found;
  if (typeof found === "boolean") return found;
  if (found === undefined || found === null) return false;
  throw new Misfit("MAP036", `gave ${kindOf(found)}, not true or false; compare it, as in \`gone = "true"\``);
}

/** The first thing wrong with the draft as a whole, after what may be dropped was dropped. */
function firstFault({ check, fields }: RecordRules, draft: Draft): Fault | null {
  for (;;) {
    const fault = check(draft);
    if (fault === null) return null;
    const at = fields.find(({ section, name }) => section === fault.section && name === fault.name);
    if (at?.rule.invalid !== "drop" || at.section === "lists" || fault.misfit.code === "MAP020") return fault;
    drop(draft.dropped, at.label);
    draft[fault.section][fault.name] = undefined;
  }
}

function linkOf(links: LinkKind, draft: Draft): MappedLink {
  const { left, right, scope } = LINK_ENDS[links];
  const end = (refers: string | null): string | null => {
    const name = FIELDS[links].find((field) => field.refers === refers)?.name;
    const value = name === undefined ? null : draft.values[name];
    return typeof value === "string" ? value : null;
  };
  return { outcome: "link", links, left: end(left) ?? "", right: end(right) ?? "", scope: end(scope) };
}

export const rejected = (key: string | null, field: string | null, { code, problem }: Misfit): RejectedRecord => ({
  outcome: "rejected",
  key,
  field,
  code,
  reason: field === null ? problem : `\`${field}\` ${problem}`,
});
