import { type Into, isEntity, type LinkKind } from "../../../domain/entities";
import type { Stream } from "../../../domain/job";
import type { ApplyRequest } from "../../../domain/staging";
import { affected, type StageContext } from "../stage-context";
import { LINK_COLUMNS } from "../stage-tables";

/**
 * Writes the raw records that are new or changed, and deletes those that may no longer be kept: of people who are gone
 * or left out, of what the job no longer describes, those kept with a path that is now redacted, and everything once
 * the job keeps nothing. Comes after the changes and the rejects were written.
 *
 * @returns how many it wrote
 */
export async function keepRawRecords(context: StageContext, { job, streams }: ApplyRequest): Promise<number> {
  const { source } = context;
  if (job.keepRaw === null) {
    await affected(context, "delete from sync.raw_records where source = $1", [source]);
    return 0;
  }
  const without = job.keepRaw.redact.map(writtenPath);
  await context.client.query("analyze stage_raw");
  const wrote = await writeRecords(context, without);
  await affected(context, "delete from sync.raw_records where source = $1 and (stream <> all ($2) or without <> $3)", [
    source,
    job.streams.map(({ name }) => name),
    without,
  ]);
  await forgetPeople(context);
  for (const stream of job.streams) {
    const parents = job.streams.find(({ name }) => name === stream.each);
    if (parents !== undefined) await forgetEnded(context, stream, "parent", parents.into);
    await forgetEnded(context, stream, "key", stream.into);
  }
  for (const stream of streams) await forgetUnmet(context, stream);
  return wrote;
}

/** As it stands in a job file. */
export const writtenPath = (path: readonly string[]): string =>
  path.map((name) => (name.includes(".") ? `\`${name}\`` : name)).join(".");

/** What a later page says of a record counts. Links that still name somebody who is gone are not kept. */
async function writeRecords(context: StageContext, without: readonly string[]): Promise<number> {
  const wrote = await affected(
    context,
    `insert into sync.raw_records (source, stream, parent, parent_stream, key, person, run, at, without, digest, record)
     select $1, stream, parent, parent_stream, key, person, $2, sync.moment(), $3, digest, record
     from (select distinct on (stream, parent, key) * from stage_raw order by stream, parent, key, ord desc) met
     where record is not null
       and not (person is distinct from key and exists (
         select from mirror.users u where u.source = $1 and u.key = met.person and u.tombstoned_at is not null))
     on conflict (source, stream, parent, key) do update
     set person = excluded.person, run = excluded.run, at = excluded.at, without = excluded.without,
         digest = excluded.digest, record = excluded.record`,
    [context.source, context.run, without],
  );
  await affected(
    context,
    `update sync.raw_records r set without = $2 from stage_raw s
     where r.source = $1 and r.stream = s.stream and r.parent = s.parent and r.key = s.key
       and s.record is null and r.without <> $2`,
    [context.source, without],
  );
  return wrote;
}

/** Taken out first: who is gone are few, and all changes would be looked through for each record that a run has just written. */
const gone = (entity: string): string => `with gone as materialized (
       select c.key from changes c where c.entity = ${entity} and c.kind = 'tombstone' and not c.held
     )`;

/** Erased with the person, whichever stream it came by. */
async function forgetPeople(context: StageContext): Promise<void> {
  await affected(
    context,
    `${gone("'users'")}
     delete from sync.raw_records r using gone where r.source = $1 and r.person = gone.key`,
    [context.source],
  );
}

/** The records of a stream that ended, or whose parent did. */
async function forgetEnded(context: StageContext, { name }: Stream, by: "key" | "parent", into: Into): Promise<void> {
  if (!isEntity(into)) return;
  await affected(
    context,
    `${gone("$3")}
     delete from sync.raw_records r using gone where r.source = $1 and r.stream = $2 and r.${by} = gone.key`,
    [context.source, name, into],
  );
}

/** A record that was not met stays only as long as what it became does: a row of the mirror, or a reject. */
async function forgetUnmet(context: StageContext, { name, into }: Stream): Promise<void> {
  await affected(
    context,
    `delete from sync.raw_records r
     where r.source = $1 and r.stream = $2
       and not exists (select from stage_raw s where s.stream = r.stream and s.parent = r.parent and s.key = r.key)
       and not exists (select from sync.rejects j where j.source = r.source and j.stream = r.stream and j.record = r.key and j.healed_at is null)
       and not exists (${isEntity(into) ? recordOf(into) : linkOf(into)})`,
    [context.source, name],
  );
}

const recordOf = (into: Into): string =>
  `select from mirror.${into} m where m.source = r.source and m.key = r.key and m.tombstoned_at is null`;

const linkOf = (kind: LinkKind): string =>
  `select from mirror.${kind} m
   where m.source = r.source and m.origin = r.stream and m.owner_key = r.parent and r.key = ${linkNameOf(kind)}`;

/** What a row `m` of a kind of links is kept under; as `linkName` has it. */
export function linkNameOf(kind: LinkKind): string {
  const { left, right, scope } = LINK_COLUMNS[kind];
  const held = scope === null ? "" : ` || case m.${scope} when '' then '' else ' in ' || m.${scope} end`;
  return `m.${left} || ' -> ' || m.${right}${held}`;
}
