import { ENTITY_NAMES, type EntityName } from "../../domain/entities";
import { type DigestChunk, type EntityMet, RECORDS_IN_CHUNK } from "../../domain/staging";
import { copyOut } from "./copy/copy-out";
import { numberOf, type StageContext } from "./stage-context";

/** Whether the row `m` of the mirror was met as it is, without having been parsed. */
export const isMet = (entity: EntityName): string => `exists (
  select from stage_met k
  where k.entity = '${entity}' and k.chunk = m.id / ${RECORDS_IN_CHUNK}
    and get_bit(k.met, (m.id % ${RECORDS_IN_CHUNK})::integer) = 1)`;

/** How many records of an entity were met so. */
export const countMet = (entity: string): string =>
  `(select coalesce(sum(bit_count(k.met)), 0) from stage_met k where k.entity = ${entity})`;

/** How many of these local ids were staged, and nothing of them is to change. */
export const countOtherwise = (
  context: StageContext,
  {
    entity,
    stream,
    unmet,
  }: { readonly entity: EntityName; readonly stream: string; readonly unmet: readonly number[] },
): Promise<number> =>
  numberOf(
    context,
    `select count(*) from mirror.${entity} m
     where m.source = $1 and m.id = any ($2::bigint[]) and m.key in (select key from stage_${entity})
       and not exists (select from changes c where c.entity = '${entity}' and c.key = m.key)
       and not exists (select from changes c where starts_with(c.origin, $3 || '.') and c.owner = m.key)`,
    [context.source, unmet, stream],
  );

/** What the mirror holds as the upstream sent it last, as far as it is known under this fingerprint. */
export function readDigests(
  context: StageContext,
  entity: EntityName,
  fingerprint: string,
): Promise<readonly DigestChunk[]> {
  return copyOut(
    context,
    "select chunk, packed from sync.digests where source = $1 and entity = $2 and fingerprint = $3 order by chunk",
    [context.source, entity, fingerprint],
    (columns) => ({ chunk: columns.bigint(), packed: columns.bytea() }),
  );
}

/** Notes which records were met; what was noted before of the same chunks is replaced. */
export async function noteMet({ client }: StageContext, met: readonly EntityMet[]): Promise<void> {
  const noted = met.flatMap(({ entity, chunks }) => chunks.map((chunk) => ({ entity, ...chunk })));
  if (noted.length === 0) return;
  await client.query(
    `insert into stage_met (entity, chunk, met) select * from unnest($1::text[], $2::bigint[], $3::bytea[])
     on conflict (entity, chunk) do update set met = excluded.met`,
    [noted.map(({ entity }) => entity), noted.map(({ chunk }) => chunk), noted.map((one) => one.met)],
  );
}

/**
 * Stores the digests of what was staged and is now in the mirror as it was staged, and takes away those of everything else that
 * was changed, rejected, is held or was missing: it is looked at again when it is met. Comes after the changes were written.
 */
export async function keepDigests(
  context: StageContext,
  fingerprints: ReadonlyMap<EntityName, string>,
  streamOf: (entity: EntityName) => string | null,
): Promise<void> {
  const { contents } = context;
  for (const entity of ENTITY_NAMES) {
    if (![`stage_${entity}`, "stage_rejects"].some((table) => contents.mayHold(table)) && !contents.hasChanges)
      continue;
    await context.client.query(
      // Grouped, for each of these sets may hold everybody, and the planner knows none of them.
      `with told as (
         select key, digest, false as dropped from stage_${entity}
         union all select key, null, held from changes where entity = '${entity}'
         union all select owner, null, held from changes where starts_with(origin, $3 || '.')
         union all select key, null, false from stage_rejects where entity = '${entity}' and key is not null
         union all select key, null, false from stage_absences where entity = '${entity}' and remembered
       ),
       fresh as (
         select key, case when $2::text is not null and not bool_or(dropped) then (array_agg(digest) filter (where digest is not null))[1] end as digest
         from told group by key
       )
       select sync.put_digests($1, '${entity}', $2, m.id / ${RECORDS_IN_CHUNK},
                array_agg((m.id % ${RECORDS_IN_CHUNK})::integer), array_agg(f.digest))
       from fresh f join mirror.${entity} m on m.source = $1 and m.key = f.key
       group by m.id / ${RECORDS_IN_CHUNK}`,
      [context.source, fingerprints.get(entity) ?? null, streamOf(entity) ?? entity],
    );
  }
}
