import { ENTITY_NAMES, LINK_KINDS } from "../../domain/entities";
import { Failure } from "../../domain/errors";
import type { RunReport } from "../../domain/runs";
import { SAME_LINK } from "./apply-changes";
import { numberOf, rowsOf, type StageContext } from "./stage-context";
import { CHANGE_COLUMNS } from "./stage-tables";

/** Stores the change set under its hash; an equal plan made before is replaced. */
export async function keepPlan(context: StageContext, id: string, hash: string, report: RunReport): Promise<void> {
  const plan = [context.source, id];
  await context.client.query(
    "delete from sync.plans where source = $1 and (id = $2 or expires_at < now() - interval '7 days')",
    plan,
  );
  await context.client.query(
    `insert into sync.plans (source, id, hash, run, report, made_at, expires_at)
     values ($1, $2, $3, $4, $5, now(), now() + interval '24 hours')`,
    [...plan, hash, context.run, JSON.stringify(report)],
  );
  await context.client.query(
    `insert into sync.plan_changes (source, plan, ${CHANGE_COLUMNS}) select $1, $2, ${CHANGE_COLUMNS} from changes`,
    plan,
  );
}

/** Fills the change set from a stored plan; refused when a row it touches is not as it was. */
export async function takePlan(context: StageContext, id: string): Promise<RunReport> {
  const [plan] = await rowsOf<{ report: RunReport; expired: boolean }>(
    context,
    "select report, expires_at < now() as expired from sync.plans where source = $1 and id = $2",
    [context.source, id],
  );
  if (plan === undefined)
    throw new Failure("USE003", `\`${context.source}\` has no plan \`${id}\``, {
      fix: `make one: understudy plan ${context.source}`,
    });
  if (plan.expired)
    throw new Failure("RUN002", `the plan \`${id}\` is older than 24 hours`, {
      fix: `make a new one: understudy plan ${context.source}`,
    });
  await context.client.query(
    `insert into changes (${CHANGE_COLUMNS}) select ${CHANGE_COLUMNS} from sync.plan_changes where source = $1 and plan = $2`,
    [context.source, id],
  );
  const moved = await countMoved(context);
  if (moved > 0)
    throw new Failure(
      "RUN002",
      `the plan \`${id}\` no longer matches: ${moved} of its changes meet a mirror that has moved since`,
      {
        fix: `nothing was written; make a new one: understudy plan ${context.source}`,
      },
    );
  return plan.report;
}

/** Changes whose row is not as it was when the plan was made: another version, there already, or not there any more. */
async function countMoved(context: StageContext): Promise<number> {
  let moved = 0;
  for (const entity of ENTITY_NAMES)
    moved += await numberOf(
      context,
      `select count(*) from changes c left join mirror.${entity} m on m.source = $1 and m.key = c.key
       where c.entity = '${entity}' and not c.held
         and m.version is distinct from (case when c.kind = 'create' then null else c.version end)`,
      [context.source],
    );
  for (const kind of LINK_KINDS)
    moved += await numberOf(
      context,
      `select count(*) from changes c left join mirror.${kind} t on ${SAME_LINK(kind)}
       where c.entity = '${kind}' and not c.held and (t.origin is null) <> (c.kind = 'grant' and c.cause = 'upstream')`,
      [context.source],
    );
  return moved;
}
