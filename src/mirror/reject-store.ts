import type { Knex } from "knex";
import type { KeptReject, RejectFilter, RejectsAnswer } from "../domain/answers";
import { unpackJson } from "./kept-json";

interface RejectRow {
  readonly stream: string;
  readonly record: string;
  readonly entity: string;
  readonly key: string | null;
  readonly field: string | null;
  readonly code: string;
  readonly reason: string;
  readonly payload: Buffer | null;
  readonly runs: number;
  readonly first_run: number;
  readonly first_at: string;
  readonly last_run: number;
  readonly last_at: string;
  readonly healed_at: string | null;
  readonly healed_run: number | null;
  readonly healed_as: "mapped" | "skipped" | "gone" | null;
  readonly total: number;
}

/** Records that could not be mapped. */
export class RejectStore {
  constructor(private readonly knex: Knex) {}

  /** Those that are rejected before those that have healed, and of each the oldest first. */
  async list({ source, entity, key, all, limit }: RejectFilter): Promise<RejectsAnswer> {
    const { rows } = await this.knex.raw<{ rows: readonly RejectRow[] }>(LIST, { source, entity, key, all, limit });
    return { source, rejects: rows.map(rejectOf), total: rows[0]?.total ?? 0 };
  }
}

/** "page 2, record 10" comes before "page 10, record 1": every number filled up to ten digits. */
const AS_IT_CAME = String.raw`regexp_replace(regexp_replace(record, '(\d+)', '0000000000\1', 'g'), '\d*(\d{10})', '\1', 'g')`;

const LIST = `
  select *, (count(*) over ())::integer as total from sync.rejects
  where source = :source and (:all or healed_at is null) and (:key::text is null or key = :key)
    and (:entity::text is null or :entity in (stream, entity))
  order by healed_at is not null, first_run, stream, key collate "C" nulls last, ${AS_IT_CAME} collate "C"
  limit :limit`;

const rejectOf = (row: RejectRow): KeptReject => ({
  stream: row.stream,
  entity: row.entity,
  key: row.key,
  field: row.field,
  code: row.code,
  reason: row.reason,
  ...(row.key === null ? { place: row.record } : {}),
  runs: row.runs,
  firstRun: row.first_run,
  firstAt: row.first_at,
  lastRun: row.last_run,
  lastAt: row.last_at,
  healed:
    row.healed_at === null || row.healed_run === null || row.healed_as === null
      ? null
      : { run: row.healed_run, at: row.healed_at, as: row.healed_as },
  record: row.payload === null ? null : unpackJson(row.payload),
});
