import { affected, numberOf, type StageContext } from "../stage-context";
import { STATED } from "../stage-tables";
import { originOf } from "../supposed-origin";

/** Whether anything of the source was undone and waits for a person or for the upstream. */
export const hasPins = async (context: StageContext): Promise<boolean> =>
  (await numberOf(context, "select count(*) from (select from sync.pins where source = $1 limit 1) pins", [
    context.source,
  ])) > 0;

/** Joins a change `c` and a pin `p` of the same link. */
export const samePinned = (context: StageContext): string => `p.source = $1 and p.entity = c.entity and p.key = c.key
  and p.related = c.related and p.scope = c.scope and ${originOf(context, "p.origin")} = c.origin and p.owner = c.owner`;

/** A change `c` and a pin `p` of the same record. */
export const SAME_RECORD = "p.source = $1 and p.entity = c.entity and p.key = c.key and p.related = ''";

/** Whether a pin `p` is of an attribute, and what that is called. */
export const IS_ATTRIBUTE = "starts_with(p.field, 'attributes.')";
export const ATTRIBUTE = "substr(p.field, 12)";

/** Whether values, the `old` or `new` of a change, tell of the field of a pin `p`. */
export const tellsField = (values: string): string =>
  `(case when ${IS_ATTRIBUTE} then jsonb_exists(${values} -> 'attributes', ${ATTRIBUTE}) else jsonb_exists(${values}, p.field) end)`;

/** What values tell of the field of a pin `p`. */
export const toldOfField = (values: string): string =>
  `(case when ${IS_ATTRIBUTE} then ${values} -> 'attributes' -> ${ATTRIBUTE} else ${values} -> p.field end)`;

/** What is written now is no longer pinned: a person let it through, or the upstream said something else. */
const isWritten = (context: StageContext): string => `not c.held and (
  (c.related = '' and ${SAME_RECORD} and (c.kind <> 'update' or (p.kind = 'update' and ${tellsField("c.new")})))
  or (c.related <> '' and c.${STATED} and ${samePinned(context)}))`;

/**
 * Takes away the pins that have served their turn.
 *
 * @param lapsed those about which the upstream says something else
 */
export async function releasePins(context: StageContext, lapsed: readonly number[]): Promise<void> {
  await affected(context, "delete from sync.pins where source = $1 and id = any ($2)", [context.source, lapsed]);
  await affected(context, `delete from sync.pins p using changes c where ${isWritten(context)}`, [context.source]);
}

/** Pins what the change set undoes of a run. */
export async function pinReverted(context: StageContext, reverted: number): Promise<void> {
  const columns = "source, entity, key, related, scope, origin, owner, kind, field, value, reverted, run, at";
  const common = "$2::bigint, $3::bigint, sync.moment()";
  await affected(
    context,
    `insert into sync.pins (${columns})
     select $1, entity, key, related, scope, origin, owner,
            case kind when 'tombstone' then 'restore' when 'restore' then 'tombstone' when 'revoke' then 'grant' else 'revoke' end,
            '', null, ${common}
     from changes where ${STATED} and kind <> 'update'
     union all
     select $1, entity, key, '', '', '', '', 'update', field, value, ${common}
     from changes
     cross join lateral (
       select name as field, value from jsonb_each(old - 'attributes') as each (name, value)
       union all
       select 'attributes.' || name, value from jsonb_each(old -> 'attributes') as each (name, value)
     ) told
     where kind = 'update'`,
    [context.source, reverted, context.run],
  );
}
