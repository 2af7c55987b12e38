import { type EntityName, LINK_ENDS, LINK_KINDS, type LinkKind } from "../../domain/entities";
import type { MappedRecord } from "../../domain/mapping";
import type { Digest } from "../../domain/page-records";
import { RECORDS_IN_CHUNK, type StagedPage } from "../../domain/staging";
import { copyThrough } from "./copy-lines";
import {
  AUDIT_COLUMNS,
  type LandedLink,
  type LandingFacts,
  lineWriter,
  linkColumns,
  recordColumns,
} from "./landed-lines";
import { rowsOf, type StageContext } from "./stage-context";

/** Who is there, of the entities at the other ends of what lands. */
export type Ends = ReadonlyMap<EntityName, ReadonlySet<string>>;

/** A batch of one stream's records, on its way into the mirror. */
export interface LandingBatch {
  readonly entity: EntityName;
  readonly stream: string;
  readonly pages: readonly Pick<StagedPage, "records" | "digests">[];
  /** Under which its digests are valid; null keeps none. */
  readonly fingerprint: string | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly ends: Ends;
}

/** What landed. */
export interface Landed {
  readonly firstId: number;
  readonly lastId: number;
  readonly records: number;
  readonly links: Readonly<Record<LinkKind, number>>;
}

/**
 * Writes a batch of a first load into the mirror, within the transaction that is open: its records, their links, one audit entry
 * for each that has an effect, and their digests, as compare and apply would have written them one after the other.
 *
 * Fails with 23505, now or at commit, when a key or a username is there already.
 */
export async function landBatch(context: StageContext, batch: LandingBatch): Promise<Landed> {
  const { entity } = batch;
  const rows = arrivalsOf(batch);
  const links: Record<LinkKind, number> = { role_permissions: 0, user_orgs: 0, user_roles: 0 };
  let entries = rows.length;
  for (const row of rows)
    for (const link of row.links) {
      links[link.kind] += 1;
      if (link.effective) entries += 1;
    }
  if (rows.length === 0) return { firstId: 0, lastId: 0, records: 0, links };
  const { at, ids, entryIds } = await takeNumbers(context, entity, rows.length, entries);
  const facts: LandingFacts = { ...batch, source: context.source, run: context.run, at };
  const write = lineWriter(facts);

  await copyThrough(context, `mirror.${entity}`, recordColumns(entity), function* () {
    for (const [index, { record }] of rows.entries()) yield write.record(record, ids[index] ?? 0);
  });
  for (const kind of LINK_KINDS)
    if (links[kind] > 0)
      await copyThrough(context, `mirror.${kind}`, linkColumns(kind), function* () {
        for (const row of rows)
          for (const link of row.links) if (link.kind === kind) yield write.link(link, row.record.key);
      });
  await copyThrough(context, "audit.entries", AUDIT_COLUMNS, function* () {
    let next = 0;
    for (const row of rows) {
      yield write.creation(row.record, entryIds[next++] ?? 0);
      for (const link of row.links) if (link.effective) yield write.grant(link, entryIds[next++] ?? 0);
    }
  });
  await layDigests(context, batch, rows, ids);
  return { firstId: ids[0] ?? 0, lastId: ids.at(-1) ?? 0, records: rows.length, links };
}

interface Arrival {
  readonly record: MappedRecord;
  readonly digest: Digest | null;
  readonly links: readonly LandedLink[];
}

/** By key: neighbours in an index are written together. */
function arrivalsOf({ entity, pages, ends }: LandingBatch): readonly Arrival[] {
  const arrivals: Arrival[] = [];
  for (const { records, digests } of pages)
    for (const [index, record] of records.entries())
      arrivals.push({ record, digest: digests[index] ?? null, links: linksOf(entity, record, ends) });
  return arrivals.sort((a, b) => (a.record.key < b.record.key ? -1 : a.record.key > b.record.key ? 1 : 0));
}

function linksOf(entity: EntityName, { key, lists }: MappedRecord, ends: Ends): readonly LandedLink[] {
  const links: LandedLink[] = [];
  for (const { field, links: kind, items } of lists) {
    const { left, right } = LINK_ENDS[kind];
    const ownerIsLeft = left === entity;
    const others = ends.get(ownerIsLeft ? right : left);
    for (const item of items)
      links.push({
        ...{ kind, field, scope: item.scope ?? "", effective: others?.has(item.key) === true },
        ...(ownerIsLeft ? { left: key, right: item.key } : { left: item.key, right: key }),
      });
  }
  return links;
}

/** COPY takes no defaults that must be known beforehand. Others may draw from the same sequences, so numbers may have gaps. */
async function takeNumbers(
  context: StageContext,
  entity: EntityName,
  records: number,
  entries: number,
): Promise<{ at: string; ids: readonly number[]; entryIds: readonly number[] }> {
  const drawn = (sequence: string, count: string): string => `
    (select json_agg(json_build_array(first, length)) from (
       select min(id) as first, count(*) as length
       from (select id, id - row_number() over (order by id) as stretch
             from (select nextval(${sequence}) as id from generate_series(1, ${count})) drawn) numbered
       group by stretch order by 1) stretches)`;
  const [row] = await rowsOf<{ at: string; ids: Stretches; entryIds: Stretches }>(
    context,
    `select now()::text as at, audit.ensure_month(now()),
            ${drawn("pg_get_serial_sequence($1, 'id')", "$2::integer")} as ids,
            ${drawn("pg_get_serial_sequence('audit.entries', 'id')", "$3::integer")} as "entryIds"`,
    [`mirror.${entity}`, records, entries],
  );
  return { at: row?.at ?? "", ids: numbersIn(row?.ids), entryIds: numbersIn(row?.entryIds) };
}

type Stretches = readonly (readonly [first: number, length: number])[];

const numbersIn = (stretches: Stretches = []): readonly number[] =>
  stretches.flatMap(([first, length]) => Array.from({ length }, (_, index) => first + index));

const DIGEST_BYTES = 16;

/** Ids ascend, so what a chunk gets lies within one stretch of it; between them is nobody of this source. */
async function layDigests(
  { client, source }: StageContext,
  { entity, fingerprint }: LandingBatch,
  rows: readonly Arrival[],
  ids: readonly number[],
): Promise<void> {
  if (fingerprint === null) return;
  const chunks = new Map<number, { readonly first: number; last: number; readonly packed: Buffer }>();
  for (const [index, { digest }] of rows.entries()) {
    const id = ids[index] ?? 0;
    const [chunk, slot] = [Math.floor(id / RECORDS_IN_CHUNK), id % RECORDS_IN_CHUNK];
    const held = chunks.get(chunk) ?? {
      ...{ first: slot, last: slot, packed: Buffer.alloc(RECORDS_IN_CHUNK * DIGEST_BYTES) },
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
