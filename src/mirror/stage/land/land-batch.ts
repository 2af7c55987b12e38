import { type EntityName, LINK_KINDS } from "../../../domain/entities";
import type { MappedRecord } from "../../../domain/mapping";
import { DIGEST_BYTES, type Digest } from "../../../domain/page-records";
import { RECORDS_IN_CHUNK, type StagedPage } from "../../../domain/staging";
import { GROUPS } from "../../role-names";
import { copyThrough } from "../copy/copy-into";
import { rowsOf, type StageContext } from "../stage-context";
import type { Landed } from "./landed";
import { ENTRY_COLUMNS, type Ends, type LandedRows, linkColumns, otherEnd, recordColumns } from "./landed-rows";
import { NO_LINKS } from "./link-tally";

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

/** What became of a batch, while its transaction is open. */
export interface Arrived extends Landed {
  /** Their digests, by their local ids, as chunks hold them. */
  readonly digests: readonly DigestRange[];
}

/** Local ids reserved for a batch. */
interface Numbering {
  /** The moment that the batch's rows tell, in microseconds as Postgres counts them. */
  readonly at: number;
  /** Ascending, with gaps where others drew from the same sequence meanwhile. */
  readonly ids: readonly number[];
  /** By which the transaction acts; null where that one may copy into the mirror itself. */
  readonly role: string | null;
}

/**
 * Writes a batch of a first load into the mirror, within the transaction that is open: its records, their links, and one audit
 * entry for each that has an effect, as compare and apply would have written them one after the other. Their digests follow by
 * `layDigests`.
 *
 * Fails with 23505, now or at commit, when a key or a username is there already.
 */
export async function landBatch(
  context: StageContext,
  batch: LandingBatch,
  numberThem: typeof numberArrivals,
): Promise<Arrived> {
  const { entity, rows: write } = batch;
  const arrivals = arrivalsOf(batch);
  const { links, dangling } = countLinks(arrivals, batch);
  if (arrivals.length === 0) return { firstId: 0, lastId: 0, records: 0, links, dangling, digests: [] };
  // Numbered as they came, so that the nights that follow meet their digests one after the other.
  const { at, ids, role } = await numberThem(context, entity, arrivals.length);
  const numbered = arrivals.map(({ record }, index) => ({ record, id: ids[index] ?? 0 })).sort(byKey);

  if (role !== null) await actAs(context, GROUPS.loader);
  await copyThrough(context, `mirror.${entity}`, recordColumns(entity), numbered, (rows, { record, id }) =>
    write.record(rows, record, id, at),
  );
  for (const kind of LINK_KINDS)
    if (links[kind] > 0)
      await copyThrough(context, `mirror.${kind}`, linkColumns(kind), numbered, (rows, { record }) =>
        write.links(rows, record, kind, at),
      );
  await copyThrough(context, "audit.entries", ENTRY_COLUMNS, numbered, (rows, { record }) =>
    write.entries(rows, record, at),
  );
  if (role !== null) await actAs(context, role);
  return {
    firstId: ids[0] ?? 0,
    lastId: ids.at(-1) ?? 0,
    records: arrivals.length,
    links,
    dangling,
    digests: batch.fingerprint === null ? [] : rangesOf(arrivals, ids),
  };
}

interface Arrival {
  readonly record: MappedRecord;
  readonly digest: Digest | null;
}

function arrivalsOf({ pages }: LandingBatch): readonly Arrival[] {
  const arrivals: Arrival[] = [];
  for (const { records, digests } of pages)
    for (const [index, record] of records.entries()) arrivals.push({ record, digest: digests[index] ?? null });
  return arrivals;
}

type Numbered = Pick<Arrival, "record"> & { readonly id: number };

/** Neighbours in an index are written together. */
const byKey = ({ record: a }: Numbered, { record: b }: Numbered): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : 0;

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

/** Nobody else of this source may number at the same time, or ids of the two would alternate. */
export async function numberArrivals(context: StageContext, entity: EntityName, count: number): Promise<Numbering> {
  const [row] = await rowsOf<Numbering>(
    context,
    `select (extract(epoch from now() - timestamptz '2000-01-01 00:00:00Z') * 1000000)::bigint as at,
            (select json_agg(nextval((select pg_get_serial_sequence('mirror.${entity}', 'id')::regclass)))
             from generate_series(1, $1)) as ids,
            case when row_security_active('mirror.${entity}') then current_setting('role') end as role,
            audit.ensure_month(now()),
            -- Whoever waits for a name waits for the batch beside this one, which may be waiting for its turn.
            set_config('lock_timeout', '2s', true)`,
    [count],
  );
  return row ?? { at: 0, ids: [], role: null };
}

/** Until the transaction ends, at the latest. */
const actAs = (context: StageContext, role: string): Promise<unknown> =>
  rowsOf(context, "select set_config('role', $1, true)", [role]);

/** Digests of records whose local ids follow each other, but for those of other sources. */
interface DigestRange {
  readonly chunk: number;
  readonly first: number;
  readonly packed: Buffer;
}

function rangesOf(arrivals: readonly Arrival[], ids: readonly number[]): readonly DigestRange[] {
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
  return [...chunks].map(([chunk, { first, last, packed }]) => ({
    chunk,
    first,
    packed: packed.subarray(first * DIGEST_BYTES, (last + 1) * DIGEST_BYTES),
  }));
}

/** Ids ascend, so what a chunk gets of a batch lies within one range of it; ids in between are of no record of this source. */
export async function layDigests(
  { client, source }: StageContext,
  { entity, fingerprint, digests }: Pick<LandingBatch, "entity" | "fingerprint"> & Pick<Arrived, "digests">,
): Promise<void> {
  if (digests.length === 0) return;
  await client.query("select sync.lay_digests($1, $2, $3, $4, $5, $6)", [
    source,
    entity,
    fingerprint,
    digests.map(({ chunk }) => chunk),
    digests.map(({ first }) => first),
    digests.map(({ packed }) => packed),
  ]);
}
