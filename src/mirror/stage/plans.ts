import { LINK_KINDS } from "../../domain/entities";
import { Failure } from "../../domain/errors";
import { READ_AT_LEAST_PARTLY, READ_COMPLETELY, type RunReport } from "../../domain/runs";
import type { StoredPlan } from "../../domain/staging";
import { quotedList } from "../quoted-list";
import { rowsOf, type StageContext } from "./stage-context";
import { CHANGE_COLUMNS, VERSION_COLUMNS } from "./stage-tables";

/** Stores the change set under its hash; an equal plan made before is replaced. */
export async function keepPlan(context: StageContext, id: string, hash: string, report: RunReport): Promise<void> {
  const plan = [context.source, id];
  await context.client.query("delete from sync.plans where source = $1 and id = $2", plan);
  await context.client.query(
    `insert into sync.plans (source, id, hash, run, report, made_at, expires_at)
     values ($1, $2, $3, $4, $5, sync.moment(), sync.moment() + interval '24 hours')`,
    [...plan, hash, context.run, JSON.stringify(report)],
  );
  await context.client.query(
    `insert into sync.plan_changes (source, plan, ${CHANGE_COLUMNS}) select $1, $2, ${CHANGE_COLUMNS} from changes`,
    plan,
  );
  await context.client.query(
    `insert into sync.plan_mappings (source, plan, ${VERSION_COLUMNS}) select $1, $2, ${VERSION_COLUMNS} from stage_mappings`,
    plan,
  );
  await context.client.query(
    "insert into sync.plan_stale_records (source, plan, stream, key) select $1, $2, stream, key from stage_stale",
    plan,
  );
}

/** Fills the change set from a stored plan; refused when the mirror is not as it was. */
export async function takePlan(context: StageContext, id: string): Promise<StoredPlan> {
  const [plan] = await rowsOf<StoredPlan & Record<"expired" | "moved", boolean> & Record<string, unknown>>(
    context,
    `select p.report, p.expires_at < sync.moment() as expired, ${MOVED} as moved,
            r.options ->> 'only' is null and r.options ->> 'user' is null
              and r.report ->> 'outcome' in (${quotedList(READ_COMPLETELY)}) as "isUpToDate",
            (select coalesce(jsonb_agg(jsonb_build_object('name', m.stream, 'into', m.entity) order by m.stream), '[]')
             from sync.plan_mappings m where m.source = p.source and m.plan = p.id) as streams
     from sync.plans p join sync.runs r on r.id = p.run
     where p.source = $1 and p.id = $2`,
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
  if (plan.moved)
    throw new Failure(
      "RUN002",
      `the plan \`${id}\` no longer matches: the source was read again or its mirror has changed since it was made`,
      {
        fix: `nothing was written; make a new one: understudy plan ${context.source}`,
      },
    );
  await context.contents.write(
    context,
    "changes",
    `insert into changes (${CHANGE_COLUMNS}) select ${CHANGE_COLUMNS} from sync.plan_changes where source = $1 and plan = $2`,
    [context.source, id],
  );
  await context.client.query(
    `insert into stage_mappings (${VERSION_COLUMNS}) select ${VERSION_COLUMNS} from sync.plan_mappings where source = $1 and plan = $2`,
    [context.source, id],
  );
  await context.client.query(
    "insert into stage_stale (stream, key) select stream, key from sync.plan_stale_records where source = $1 and plan = $2",
    [context.source, id],
  );
  await context.contents.analyze(context, "changes");
  return plan;
}

/**
 * Whether anything in the mirror of the source changed since the plan was made, or another run has read the source: what that found to
 * be as it was may be what the plan would change. A change elsewhere is enough: a name may be taken since, or a link live whose end
 * the plan takes away. Links that dangle leave no audit, but they have a time.
 */
const MOVED = `(
  exists (select from sync.runs n
          where n.source = p.source and n.mode = 'sync' and n.state = 'finished' and n.started_at >= p.made_at
            and n.outcome in (${quotedList(READ_AT_LEAST_PARTLY)})) or
  exists (select from audit.entries e where e.source = p.source and e.at >= p.made_at)
  ${LINK_KINDS.map((kind) => `or exists (select from mirror.${kind} t where t.source = p.source and t.since >= p.made_at)`).join("\n  ")})`;
