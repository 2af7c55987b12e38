import { ENTITY_NAMES, type EntityName, type Into, LINK_KINDS, type LinkKind } from "../../../domain/entities";
import { Failure } from "../../../domain/errors";
import type { NewerChange, RevertCounts, RevertFacts, RevertRequest } from "../../../domain/revert";
import type { RunReport } from "../../../domain/runs";
import { ofUsers } from "../../of-users";
import { compareGrants } from "../compare/compare-links";
import { findConflicts } from "../compare/reject-conflicts";
import { listIn, listOwners } from "../link-owners";
import { affected, numberOf, rowsOf, type StageContext } from "../stage-context";
import { STATED } from "../stage-tables";
import { revertLinks } from "./revert-links";
import { revertRecords } from "./revert-records";

/** So much of what changed since is told; the rest is counted. */
const NEWER_TOLD = 1_000;

/**
 * Fills the change set with what undoes a run, from what the run told the audit: records that came go, records that
 * went come back, values and links are as they were. What follows from records that come and go follows again. Whatever
 * is no longer as the run left it is noted, and no part of the change set.
 *
 * @throws Failure USE003 for a run nobody knows, RUN021 for one that cannot be undone
 */
export async function revertRun(context: StageContext, request: RevertRequest): Promise<RevertFacts> {
  const reverted = await findRun(context, request.run);
  await noteEntries(context, reverted, request);
  await refuseUnknownField(context, request);
  for (const entity of ENTITY_NAMES) await revertRecords(context, entity, request);
  await context.contents.analyze(context, "changes");
  for (const kind of LINK_KINDS) await revertLinks(context, kind, request.run);
  await leaveOutConflicts(context);
  await context.contents.analyze(context, "changes");
  await compareGrants(context, new Map(), { withHeldBack: false });
  await affected(context, "update changes set cause = 'reverted' where cause = 'upstream'");
  return tellFacts(context);
}

interface RunRow {
  readonly [column: string]: unknown;
  readonly source: string;
  readonly mode: string;
  readonly state: string;
  readonly report: RunReport | null;
  readonly isRetired: boolean;
  readonly rekeyedBy: number | null;
  /** The audit of its time is not whole any more. */
  readonly isDropped: boolean;
}

async function findRun(context: StageContext, run: number): Promise<RunRow> {
  const [found] = await rowsOf<RunRow>(
    context,
    `select r.source, r.mode, r.state, r.report, s.retired_at is not null as "isRetired",
            (select max(k.run) from sync.rekeys k where k.source = r.source and k.run >= r.id) as "rekeyedBy",
            coalesce(coalesce(r.started_at, r.queued_at) < audit.kept_since(), false) as "isDropped"
     from sync.runs r left join sync.sources s on s.source = r.source
     where r.id = $2 and r.source = $1`,
    [context.source, run],
  );
  if (found === undefined)
    throw new Failure("USE003", `\`${context.source}\` has no run ${run}`, {
      fix: `see what there is: understudy runs ${context.source}`,
    });
  const { source, mode, state, isRetired, rekeyedBy, isDropped } = found;
  const refusal = state !== "finished" ? UNFINISHED : isRetired ? RETIRED : REFUSED[mode];
  if (refusal !== undefined) throw cannot(run, refusal.because, refusal.fix.replace("SOURCE", source));
  if (rekeyedBy !== null)
    throw cannot(
      run,
      `run ${rekeyedBy} has renamed keys since, so what it did cannot be told by them any more`,
      "mend it upstream or in the mapping instead, and sync",
    );
  if (isDropped) throw cannot(run, NOT_KEPT.because, NOT_KEPT.fix);
  return found;
}

interface Refusal {
  readonly because: string;
  readonly fix: string;
}

const UNFINISHED: Refusal = { because: "it has not ended yet", fix: "wait for it: understudy runs SOURCE" };
const RETIRED: Refusal = {
  because: "its source is retired: nobody is answered from it",
  fix: "put its job file back and run `understudy sync SOURCE`; that brings it back",
};
const NOT_KEPT: Refusal = {
  because: "the audit of that time is not kept any more",
  fix: "mend it upstream or in the mapping, and sync",
};
const REFUSED: Readonly<Record<string, Refusal>> = {
  plan: {
    because: "it was a plan, which changes nothing",
    fix: "name the run that applied it: understudy runs SOURCE",
  },
  rekey: {
    because: "it renamed keys, which is undone by renaming them back",
    fix: "put the old `key` into the mapping and run `understudy mapping rekey`",
  },
  retire: {
    because: "it was the end of its source, which a later run has taken back",
    fix: "nothing is left to undo; give the grants that it ended anew: understudy grant",
  },
};

const cannot = (run: number, because: string, fix: string): Failure =>
  new Failure("RUN021", `run ${run} cannot be undone: ${because}`, { fix: `nothing was changed; ${fix}` });

/** Times are what finds entries, and the end of a run may be of another clock. */
const OF_RUN = `
  e.source = $1 and e.run = $2
    and e.at between (select coalesce(started_at, queued_at) - interval '1 day' from sync.runs where id = $2)
                 and (select greatest(started_at, coalesce(finished_at, now())) + interval '1 day' from sync.runs where id = $2)`;

const OWNER = `case e.entity ${LINK_KINDS.map(
  (kind) =>
    `when '${kind}' then case ${listIn("e.origin")} ${listOwners(kind)
      .map(({ field, isLeft }) => `when '${field}' then ${isLeft ? "e.key" : "e.related"}`)
      .join(" ")} else e.owner end`,
).join(" ")} end`;

/** The entity whose records hold the list that states a link. */
const LISTED_IN = `case e.entity ${LINK_KINDS.map(
  (kind) =>
    `when '${kind}' then case ${listIn("e.origin")} ${listOwners(kind)
      .map(({ field, entity }) => `when '${field}' then '${entity}'`)
      .join(" ")} end`,
).join(" ")} end`;

/** `$3` is a person's key, or null for all. */
const IS_OF_PERSON = `($3::text is null or (${ofUsers("e.entity")} and e.key = $3))`;

/** Links that live or end with a record follow it back by themselves. `$4` is a field; of a link its list, or its stream. */
const IS_FIELD = `(
  (e.kind = 'update' and (jsonb_exists(e.new, $4) or jsonb_exists(e.new -> 'attributes', $4)
    or (starts_with($4, 'attributes.') and jsonb_exists(e.new -> 'attributes', substr($4, 12)))))
  or (e.origin <> '' and $4 in (${listIn("e.origin")}, e.origin)))`;

async function noteEntries(context: StageContext, { report }: RunRow, request: RevertRequest): Promise<void> {
  const { run, user, field } = request;
  const { source } = context;
  await affected(
    context,
    // A stream may be called otherwise since: what it stated is kept under the name of today.
    `with called as (
       select distinct on (entity) entity, stream from sync.mappings where source = $1 and key is not null order by entity, run desc
     )
     insert into reversed (ord, entity, key, related, scope, origin, owner, kind, old, new)
     select row_number() over (order by e.at, e.id), e.entity, e.key, e.related, e.scope,
            coalesce(called.stream || '.' || ${listIn("e.origin")}, e.origin), ${OWNER}, e.kind, e.old, e.new
     from audit.entries e left join called on called.entity = ${LISTED_IN}
     where ${OF_RUN} and e.${STATED}
       and ${IS_OF_PERSON}
       and ($4::text is null or ${IS_FIELD})`,
    [source, run, user, field],
  );
  await context.client.query("analyze reversed");
  const told = await numberOf(context, "select count(*) from reversed");
  if (told > 0 || user !== null || field !== null) {
    const lost = "select count(*) from reversed where kind = 'update' and (old is null or new is null)";
    if ((await numberOf(context, lost)) > 0)
      throw cannot(run, "what it found was erased since, so nobody knows the values from before", "leave it as it is");
    return;
  }
  if (report !== null && hasWritten(report) && (await numberOf(context, ENTRIES, [source, run])) === 0)
    throw cannot(run, NOT_KEPT.because, NOT_KEPT.fix);
}

const ENTRIES = `select count(*) from audit.entries e where ${OF_RUN}`;

const hasWritten = ({ entities }: RunReport): boolean =>
  Object.values(entities).some((counts) =>
    "granted" in counts
      ? counts.granted + counts.revoked > counts.dangling
      : counts.new + counts.restored + counts.gone > 0,
  );

/** A mistyped field must not pass for one in which nothing was changed. */
async function refuseUnknownField(context: StageContext, { run, user, field }: RevertRequest): Promise<void> {
  if (field === null || (await numberOf(context, "select count(*) from reversed")) > 0) return;
  const names = await rowsOf<{ name: string }>(
    context,
    `select distinct name from audit.entries e
     cross join lateral (
       select jsonb_object_keys(e.new - 'attributes') as name where e.kind = 'update'
       union select 'attributes.' || jsonb_object_keys(e.new -> 'attributes') where e.kind = 'update'
       union select coalesce(nullif(${listIn("e.origin")}, ''), e.origin) where e.origin <> ''
     ) named
     where ${OF_RUN} and e.${STATED} and ${IS_OF_PERSON}
     order by name limit 20`,
    [context.source, run, user],
  );
  const whose = user === null ? "" : ` of \`${user}\``;
  throw new Failure("USE003", `run ${run} changed no \`${field}\`${whose}`, {
    fix:
      names.length === 0
        ? `it changed no field${whose} at all: understudy show ${run}`
        : `it changed: ${names.map(({ name }) => name).join(", ")}`,
  });
}

/**
 * Names taken since, and orgs that have moved under their own: the record that is there stays, and all else of an
 * update goes through. Each step may bring others to light.
 */
async function leaveOutConflicts(context: StageContext): Promise<void> {
  for (const [entity, field] of [
    ["users", "username"],
    ["orgs", "parent"],
  ] as const) {
    let leftOut: number;
    do {
      const conflicts = await findConflicts(context, entity);
      const keys = conflicts.map(({ key }) => key);
      await affected(
        context,
        `insert into newer (entity, key, field, because)
         select '${entity}', key, '${field}', because from unnest($1::text[], $2::text[]) as conflict (key, because)
         where exists (select from changes c where c.entity = '${entity}' and c.key = conflict.key)`,
        [keys, conflicts.map(({ reason }) => reason)],
      );
      leftOut = await affected(
        context,
        `delete from changes where entity = '${entity}' and key = any ($1)
           and (kind = 'restore' or (kind = 'update' and new - '${field}' in (new, '{}')))`,
        [keys],
      );
      leftOut += await affected(
        context,
        `update changes set old = old - '${field}', new = new - '${field}'
         where entity = '${entity}' and key = any ($1) and kind = 'update'`,
        [keys],
      );
    } while (leftOut > 0);
  }
}

async function tellFacts(context: StageContext): Promise<RevertFacts> {
  const counts = await rowsOf<{ entity: Into; changes: number } & RevertCounts & Record<string, unknown>>(
    context,
    `select entity, count(*)::integer as changes, ${KINDS.map(
      ([name, kind]) => `(count(*) filter (where kind = '${kind}'))::integer as ${name}`,
    ).join(", ")}
     from changes group by entity order by entity`,
  );
  const newer = await rowsOf<NewerChange & { total: number } & Record<string, unknown>>(
    context,
    `select entity, key, related, nullif(scope, '') as scope, field, because, run, count(*) over ()::integer as total
     from newer order by entity, key collate "C", field, related limit ${NEWER_TOLD}`,
  );
  return {
    changes: counts.reduce((sum, { changes }) => sum + changes, 0),
    counts: Object.fromEntries(
      counts.map(({ entity, changes: _all, ...counted }) => [entity as EntityName | LinkKind, counted]),
    ),
    newer: newer.map(({ total: _total, ...told }) => told),
    newerTotal: newer[0]?.total ?? 0,
  };
}

const KINDS = [
  ["restored", "restore"],
  ["gone", "tombstone"],
  ["changed", "update"],
  ["granted", "grant"],
  ["revoked", "revoke"],
] as const;
