import type { EntityName } from "../../../domain/entities";
import { DIGEST_BYTES } from "../../../domain/page-records";
import { RECORDS_IN_CHUNK } from "../../../domain/staging";
import { readDigests } from "../digests";
import { numberOf, rowsOf, type StageContext } from "../stage-context";

/**
 * To a run that resumes after one that landed records, these are records of the mirror that were met as it has them.
 * They are recognized by their digests.
 */

interface LandedRow {
  readonly [column: string]: unknown;
  readonly entity: EntityName;
  readonly stream: string;
  readonly fingerprint: string;
  readonly first_id: number;
  readonly last_id: number;
  readonly records: number;
}

/** Whether everything that landed still has its digest; somebody else changed the mirror otherwise. */
export async function landedAreKnown(context: StageContext): Promise<boolean> {
  for (const row of await readLanded(context)) {
    let known = 0;
    for (const { slots } of await knownSlots(context, row)) known += slots.length;
    if (known !== row.records) return false;
  }
  return true;
}

/**
 * Notes as met what landed of the streams that are resumed. Of a stream that is read from its beginning, what landed is what
 * the mirror held before.
 *
 * @returns how many more rows of `stage_met` and `stage_landed` there are now
 */
export async function meetLanded(context: StageContext, resumed: readonly string[]): Promise<number> {
  const before = await numberOf(context, `select ${COUNT_NOTED}`);
  for (const row of await readLanded(context)) {
    if (!resumed.includes(row.stream)) {
      await context.client.query("delete from stage_landed where entity = $1", [row.entity]);
      continue;
    }
    const earlier = await rowsOf<{ chunk: number; met: Buffer }>(
      context,
      "select chunk, met from stage_met where entity = $1",
      [row.entity],
    );
    const met = new Map(earlier.map((one) => [one.chunk, one.met]));
    for (const { chunk, slots } of await knownSlots(context, row)) {
      const bits = met.get(chunk) ?? Buffer.alloc(RECORDS_IN_CHUNK / 8);
      for (const slot of slots) bits[slot >> 3] = (bits[slot >> 3] ?? 0) | (1 << (slot & 7));
      met.set(chunk, bits);
    }
    await context.client.query(
      `insert into stage_met (entity, chunk, met) select $1, * from unnest($2::bigint[], $3::bytea[])
       on conflict (entity, chunk) do update set met = excluded.met`,
      [row.entity, [...met.keys()], [...met.values()]],
    );
    await context.client.query("update stage_landed set first_id = 0, last_id = 0, records = 0 where entity = $1", [
      row.entity,
    ]);
  }
  return (await numberOf(context, `select ${COUNT_NOTED}`)) - before;
}

/** Rows of the stage that tell of the mirror's records instead of holding what was read. */
export const COUNT_NOTED = "((select count(*) from stage_met) + (select count(*) from stage_landed))";

const readLanded = (context: StageContext): Promise<readonly LandedRow[]> =>
  rowsOf<LandedRow>(context, "select * from stage_landed");

/** Of the records that landed those that have a digest, by their chunk. */
async function knownSlots(
  context: StageContext,
  { entity, fingerprint, first_id: first, last_id: last }: LandedRow,
): Promise<readonly { readonly chunk: number; readonly slots: readonly number[] }[]> {
  const chunks = await readDigests(context, entity, fingerprint);
  return chunks.map(({ chunk, packed }) => {
    const slots: number[] = [];
    for (let slot = 0; slot < RECORDS_IN_CHUNK; slot += 1) {
      const id = chunk * RECORDS_IN_CHUNK + slot;
      if (id < first || id > last) continue;
      const digest = packed.subarray(slot * DIGEST_BYTES, (slot + 1) * DIGEST_BYTES);
      if (!NONE.equals(digest)) slots.push(slot);
    }
    return { chunk, slots };
  });
}

/** Where a chunk holds no digest. */
const NONE = Buffer.alloc(DIGEST_BYTES);
