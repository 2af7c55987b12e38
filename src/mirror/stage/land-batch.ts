import { type EntityName, LINK_KINDS } from "../../domain/entities";
import type { MappedRecord } from "../../domain/mapping";
import { DIGEST_BYTES, type Digest } from "../../domain/page-records";
import { RECORDS_IN_CHUNK, type StagedPage } from "../../domain/staging";
import { copyThrough } from "./copy-into";
import type { Landed } from "./landed";
import { ENTRY_COLUMNS, type Ends, type LandedRows, linkColumns, otherEnd, recordColumns } from "./landed-rows";
import { NO_LINKS } from "./link-tally";
import { rowsOf, type StageContext } from "./stage-context";

/** A batch of one stream's records, on its way into the mirror. */
export interface LandingBatch {
  readonly entity: EntityName;
  readonly pages: readonly Pick<StagedPage, "records" | "digests">[];
  /** Under which its digests are valid; null keeps none. */
  readonly fingerprint: string | null;
  readonly rows: LandedRows;
  /** Links whose other end is among these are effective. */
  readonly ends: Ends;
}

/**
 * Writes a batch of a first load into the mirror, within the transaction that is open: its records, their links, one audit entry
 * for each that has an effect, and their digests, as compare and apply would have written them one after the other.
 *
 * Fails with 23505, now or at commit, when a key or a username is there already.
 */
export async function landBatch(context: StageContext, batch: LandingBatch): Promise<Landed> {
  const { entity, rows: write } = batch;
  const arrivals = arrivalsOf(batch);
  const { links, dangling } = countLinks(arrivals, batch);
  if (arrivals.length === 0) return { firstId: 0, lastId: 0, records: 0, links, dangling };
  const { at, before } = await beginNumbering(context, entity);

  await copyThrough(context, `mirror.${entity}`, recordColumns(entity), arrivals, (rows, { record }) =>
    write.record(rows, record, at),
  );
  const ids = await idsSince(context, entity, before, arrivals.length);
  for (const kind of LINK_KINDS)
    if (links[kind] > 0)
      await copyThrough(context, `mirror.${kind}`, linkColumns(kind), arrivals, (rows, { record }) =>
        write.links(rows, record, kind, at),
      );
  await copyThrough(context, "audit.entries", ENTRY_COLUMNS, arrivals, (rows, { record }) =>
    write.entries(rows, record, at),
  );
  await layDigests(context, batch, arrivals, ids);
  return { firstId: ids[0] ?? 0, lastId: ids.at(-1) ?? 0, records: arrivals.length, links, dangling };
}

interface Arrival {
  readonly record: MappedRecord;
  readonly digest: Digest | null;
}

/** By key: neighbours in an index are written together. */
function arrivalsOf({ pages }: LandingBatch): readonly Arrival[] {
  const arrivals: Arrival[] = [];
  for (const { records, digests } of pages)
    for (const [index, record] of records.entries()) arrivals.push({ record, digest: digests[index] ?? null });
  return arrivals.sort((a, b) => (a.record.key < b.record.key ? -1 : a.record.key > b.record.key ? 1 : 0));
}

function countLinks(arrivals: readonly Arrival[], { entity, ends }: LandingBatch): Pick<Landed, "links" | "dangling"> {
  const links = { ...NO_LINKS };
  const dangling = { ...NO_LINKS };
  for (const { record } of arrivals)
    for (const { links: kind, items } of record.lists) {
      links[kind] += items.length;
      const others = ends.get(otherEnd(kind, entity));
      for (const { key } of items) if (others?.has(key) !== true) dangling[kind] += 1;
    }
  return { links, dangling };
}

const SEQUENCE = (entity: EntityName): string => `pg_get_serial_sequence('mirror.${entity}', 'id')::regclass`;

/** The moment that the batch's rows tell, in microseconds as Postgres counts them, and an id before those that they get. */
async function beginNumbering(
  context: StageContext,
  entity: EntityName,
): Promise<{ readonly at: number; readonly before: number }> {
  const [row] = await rowsOf<{ at: string; before: string }>(
    context,
    `select (extract(epoch from now() - timestamptz '2000-01-01 00:00:00Z') * 1000000)::bigint as at,
            nextval(${SEQUENCE(entity)}) as before, audit.ensure_month(now())`,
  );
  return { at: Number(row?.at), before: Number(row?.before) };
}

/** The local ids that the records got: ascending, with gaps where others drew from the same sequence meanwhile. */
async function idsSince(
  context: StageContext,
  entity: EntityName,
  before: number,
  count: number,
): Promise<readonly number[]> {
  const [row] = await rowsOf<{ ids: readonly number[] | null }>(
    context,
    `select case when currval(${SEQUENCE(entity)}) <> $3 then
       (select json_agg(id order by id) from mirror.${entity} where id > $4 and source = $1 and last_run = $2)
     end as ids`,
    [context.source, context.run, before + count, before],
  );
  return row?.ids ?? Array.from({ length: count }, (_, index) => before + 1 + index);
}

/** Ids ascend, so what a chunk gets lies within one stretch of it; between them is nobody of this source. */
async function layDigests(
  { client, source }: StageContext,
  { entity, fingerprint }: LandingBatch,
  arrivals: readonly Arrival[],
  ids: readonly number[],
): Promise<void> {
  if (fingerprint === null) return;
  const chunks = new Map<number, { readonly first: number; last: number; readonly packed: Buffer }>();
  for (const [index, { digest }] of arrivals.entries()) {
    const id = ids[index] ?? 0;
    const [chunk, slot] = [Math.floor(id / RECORDS_IN_CHUNK), id % RECORDS_IN_CHUNK];
    const held = chunks.get(chunk) ?? {
      first: slot,
      last: slot,
      packed: Buffer.alloc(RECORDS_IN_CHUNK * DIGEST_BYTES),
    };
    chunks.set(chunk, held);
    held.last = slot;
    if (digest !== null) held.packed.write(digest, slot * DIGEST_BYTES, DIGEST_BYTES, "latin1");
  }
  const laid = [...chunks.values()];
  await client.query("select sync.lay_digests($1, $2, $3, $4, $5, $6)", [
    ...[source, entity, fingerprint, [...chunks.keys()], laid.map(({ first }) => first)],
    laid.map(({ first, last, packed }) => packed.subarray(first * DIGEST_BYTES, (last + 1) * DIGEST_BYTES)),
  ]);
}
