import { isEntity, LINK_KINDS } from "../../../domain/entities";
import type { MappedStream } from "../../../domain/staging";
import { affected, rowsOf, type StageContext } from "../stage-context";

/**
 * Names the edited mapping as the cause of what it changes. A record's changes are put down to the mapping when its latest
 * version has not reached the record yet: in the run that finds it edited, and later for those that were held, rejected or not
 * read in that run. What it has reached only the upstream can change. A record that is new, or that returns from where it was
 * gone upstream, is the upstream's doing all the same, and so is what it brings.
 */
export async function nameCauses(context: StageContext, streams: readonly MappedStream[]): Promise<void> {
  await context.contents.analyze(context, "changes");
  await noteVersions(context, streams);
  const unreached = await rowsOf<{ stream: string }>(
    context,
    "select distinct stream from sync.stale_records where source = $1",
    [context.source],
  );
  for (const mapped of streams) {
    const { stream, edited } = mapped;
    if (!edited && !unreached.some((stale) => stale.stream === stream.name)) continue;
    await findCandidates(context, mapped);
    await blameForRecords(context, mapped);
    await blameForLinks(context, mapped);
    await noteStale(context, mapped);
  }
}

async function noteVersions({ client }: StageContext, streams: readonly MappedStream[]): Promise<void> {
  const versions = streams.map(({ version }) => version);
  await client.query(
    `insert into stage_mappings (stream, entity, fingerprint, key_fingerprint, key)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[])`,
    [
      versions.map(({ stream }) => stream),
      versions.map(({ into }) => into),
      versions.map(({ fingerprint }) => fingerprint),
      versions.map(({ key }) => key?.fingerprint ?? null),
      versions.map(({ key }) => (key === null ? null : JSON.stringify(key))),
    ],
  );
}

/** The records that the latest version may not have reached: all of them when it is new. */
async function findCandidates(context: StageContext, { stream, edited, ended }: MappedStream): Promise<void> {
  const { client, source } = context;
  await client.query("delete from stage_candidates");
  if (!edited) {
    const sql = "insert into stage_candidates select key from sync.stale_records where source = $1 and stream = $2";
    await client.query(sql, [source, stream.name]);
  } else if (isEntity(stream.into)) {
    // Somebody gone may return on a page that was not read.
    await client.query(
      `insert into stage_candidates select key from mirror.${stream.into}
       where source = $1 and (tombstoned_at is null or not $2 or exists (
         select from changes c where c.entity = '${stream.into}' and c.key = mirror.${stream.into}.key and c.kind = 'restore'))`,
      [source, ended],
    );
  } else {
    await client.query(
      `insert into stage_candidates select distinct owner_key from mirror.${stream.into} where source = $1 and origin = $2
       union select distinct owner from changes where entity = '${stream.into}' and origin = $2`,
      [source, stream.name],
    );
  }
  await client.query("analyze stage_candidates");
}

/**
 * Whether the mapping may be the cause for a record, or for a parent's links. Where raw records are kept, one that is not what
 * it was has been changed upstream. `$1` is the source, `$2` the stream.
 */
const isBlamed = (key: string, rawKey: "key" | "parent"): string => `(
  exists (select from stage_candidates s where s.key = ${key})
  and not exists (
    select from stage_raw now
    join sync.raw_records before on before.source = $1 and before.stream = now.stream and before.parent = now.parent
      and before.key = now.key
    where now.stream = $2 and now.${rawKey} = ${key} and now.digest <> before.digest))`;

/** By what a file says of its record. Of who was told to be removed beside a list there is none. */
const IS_LEFT_OUT = "exists (select from stage_skips k where k.entity = c.entity and k.key = c.key)";

async function blameForRecords(context: StageContext, { stream, edited }: MappedStream): Promise<void> {
  if (!isEntity(stream.into)) return;
  await affected(
    context,
    `update changes c set cause = 'mapping'
     where c.entity = '${stream.into}' and ${isBlamed("c.key", "key")}
       and (c.kind = 'update' or (c.kind = 'tombstone' and ${IS_LEFT_OUT})
         or (c.kind = 'restore' and ${LEFT_OUT}))`,
    [context.source, stream.name],
  );
  // It was there before, and could not be mapped.
  if (edited)
    await affected(
      context,
      `update changes c set cause = 'mapping'
       where c.entity = '${stream.into}' and c.kind = 'create'
         and exists (select from sync.rejects r where r.source = $1 and r.stream = $2 and r.key = c.key and r.healed_at is null)`,
      [context.source, stream.name],
    );
}

/** Whether the record of a change `c` was gone for what a file said of it, not for being gone upstream. */
const LEFT_OUT = `(
  select e.cause in ('skipped', 'deleted', 'mapping') from audit.entries e
  where e.source = $1 and e.key = c.key and e.entity = c.entity and e.kind = 'tombstone'
  order by e.at desc, e.id desc limit 1)`;

/** `$2` is the stream's name. */
const OF_STREAM = "(l.origin = $2 or starts_with(l.origin, $2 || '.'))";

async function blameForLinks(context: StageContext, { stream, owners }: MappedStream): Promise<void> {
  await affected(
    context,
    `update changes l set cause = 'mapping'
     where l.entity = any ($3) and l.cause = 'upstream' and ${OF_STREAM}
       and (${isBlamed("l.owner", isEntity(stream.into) ? "key" : "parent")} or exists (
         select from changes r where r.entity = $4 and r.key = l.owner and r.kind = 'create' and r.cause = 'mapping'))
       and not exists (
         select from changes r
         where r.entity = $4 and r.key = l.owner and r.kind in ('create', 'restore') and r.cause = 'upstream')`,
    [context.source, stream.name, LINK_KINDS, owners],
  );
}

/** The records that the version has still not reached after this run. */
async function noteStale(context: StageContext, { stream, ended }: MappedStream): Promise<void> {
  const { into, name } = stream;
  const reached = isEntity(into)
    ? `exists (select from stage_${into} t where t.key = s.key)
       or exists (select from changes c where c.entity = '${into}' and c.key = s.key and c.kind = 'tombstone' and not c.held)
       or (${ended} and not exists (select from mirror.${into} m where m.source = $1 and m.key = s.key and m.tombstoned_at is null))`
    : `exists (select from stage_parents p where p.stream = $2 and p.key = s.key)
       or (${ended} and not exists (select from mirror.${into} m where m.source = $1 and m.origin = $2 and m.owner_key = s.key))`;
  await affected(
    context,
    `insert into stage_stale (stream, key)
     select $2, s.key from stage_candidates s
     where not (${reached})
        or exists (select from changes c where c.entity = '${into}' and c.key = s.key and c.held)
        or exists (select from changes l where l.held and l.owner = s.key and ${OF_STREAM})`,
    [context.source, name],
  );
}

/** The versions that were applied, and the records that they have not reached. Comes last of what a run writes. */
export async function keepMappings(context: StageContext, actor: string): Promise<void> {
  const { client, source, run } = context;
  await client.query(
    `with latest as (
       select distinct on (m.stream) m.stream, m.run
       from sync.mappings m join stage_mappings s on s.stream = m.stream
       where m.source = $1
       order by m.stream, m.run desc
     ),
     again as (
       update sync.mappings m set last_run = $2, key = s.key
       from latest l, stage_mappings s
       where m.source = $1 and m.stream = l.stream and m.run = l.run and s.stream = m.stream and m.entity = s.entity
         and m.fingerprint = s.fingerprint and m.key_fingerprint is not distinct from s.key_fingerprint
       returning m.stream
     )
     insert into sync.mappings (source, stream, entity, run, at, actor, fingerprint, key_fingerprint, key, last_run)
     select $1, s.stream, s.entity, $2, sync.moment(), $3, s.fingerprint, s.key_fingerprint, s.key, $2
     from stage_mappings s
     where s.stream not in (select stream from again)`,
    [source, run, actor],
  );
  await client.query(
    `with reached as (
       delete from sync.stale_records r
       where r.source = $1 and r.stream in (select stream from stage_mappings)
         and not exists (select from stage_stale s where s.stream = r.stream and s.key = r.key)
     )
     insert into sync.stale_records (source, stream, key) select $1, stream, key from stage_stale
     on conflict do nothing`,
    [source],
  );
}
