import { ENTITY_NAMES, type EntityName, LINK_ENDS, LINK_KINDS } from "../../../domain/entities";
import type { RunReport } from "../../../domain/runs";
import { type ApplyRevertRequest, RECORDS_IN_CHUNK } from "../../../domain/staging";
import { expireGrants } from "../../expire-grants";
import { applyChanges, writeAudit } from "../apply/apply-changes";
import { checkAfter, endRun } from "../apply/end-run";
import { settleLocalGrants } from "../apply/given-roles";
import { pinReverted, releasePins } from "../judge/pins";
import { ENABLES, RETURNS_ALONG } from "../judge/weigh-changes";
import { affected, numberOf, rowsOf, type StageContext } from "../stage-context";
import { STATED } from "../stage-tables";

/**
 * Writes the change set that undoes a run, with its audit and the pins that keep the next run from undoing that. Part of the
 * run's one transaction.
 *
 * @returns how many changes were written, and the run's report
 */
export async function applyRevert(
  context: StageContext,
  request: ApplyRevertRequest,
): Promise<{ readonly changes: number; readonly report: RunReport }> {
  const { reverted } = request;
  const after = await liveAfter(context);
  const changes = await applyChanges(context);
  await writeAudit(context, request, null);
  await expireGrants(context.client, context.source);
  await settleLocalGrants(context, request.actor, request.reason);
  await releasePins(context, []);
  // To undo an undoing is to let happen what was pinned.
  if (!(await wasRevert(context, reverted))) await pinReverted(context, reverted);
  // The next run compares with all of them.
  if (changes >= MANY) await context.client.query("analyze sync.pins");
  await forgetRemovals(context, reverted);
  await dropDigests(context);
  await checkAfter(context, after);
  const report = request.report();
  await endRun(context, report, null);
  return { changes, report };
}

/** From so many changes on the planner must know of the pins. */
const MANY = 1_000;

async function liveAfter(context: StageContext): Promise<Readonly<Record<string, number>>> {
  const rows = await rowsOf<{ entity: EntityName; more: number }>(
    context,
    `select entity, sum(case kind when 'tombstone' then -1 when 'restore' then 1 else 0 end)::integer as more
     from changes where entity = any ($1) group by entity`,
    [ENTITY_NAMES],
  );
  const { records } = await context.before();
  return Object.fromEntries(rows.map(({ entity, more }) => [entity, records[entity] + more]));
}

const wasRevert = async (context: StageContext, run: number): Promise<boolean> =>
  (await numberOf(context, "select count(*) from sync.runs where id = $1 and mode = 'revert'", [run])) > 0;

/**
 * Removals that were undone no longer count for the limit over seven days, nor does somebody who no longer holds a role
 * count as a new holder.
 */
async function forgetRemovals(context: StageContext, reverted: number): Promise<void> {
  await affected(
    context,
    `update sync.removals r set count = greatest(0, r.count - undone.count)
     from (
       select entity, count(*) as count from changes
       where (kind = 'restore' or (kind = 'grant' and ${STATED})
         or ${ENABLES} or ${RETURNS_ALONG}) group by entity
     ) undone
     where r.source = $1 and r.run = $2 and r.entity = undone.entity`,
    [context.source, reverted],
  );
  await affected(
    context,
    `update sync.new_holders h set count = greatest(0, h.count - undone.count)
     from (
       select related as role, count(distinct key) as count from changes
       where entity = 'user_roles' and kind = 'revoke' and effective group by related
     ) undone
     where h.source = $1 and h.run = $2 and h.role = undone.role`,
    [context.source, reverted],
  );
}

/** The mirror is not what the upstream sent last any more: every record that was touched is looked at again. */
async function dropDigests(context: StageContext): Promise<void> {
  for (const entity of ENTITY_NAMES) {
    const touched = [
      `select key from changes where entity = '${entity}'`,
      ...LINK_KINDS.flatMap((kind) => [
        ...(LINK_ENDS[kind].left === entity ? [`select key from changes where entity = '${kind}' and ${STATED}`] : []),
        ...(LINK_ENDS[kind].right === entity
          ? [`select related from changes where entity = '${kind}' and ${STATED}`]
          : []),
      ]),
    ];
    await rowsOf(
      context,
      `select sync.put_digests($1, '${entity}', null, m.id / ${RECORDS_IN_CHUNK},
                array_agg((m.id % ${RECORDS_IN_CHUNK})::integer), array_agg(null::bytea))
       from (${touched.join(" union ")}) touched (key)
       join mirror.${entity} m on m.source = $1 and m.key = touched.key
       group by m.id / ${RECORDS_IN_CHUNK}`,
      [context.source],
    );
  }
}
