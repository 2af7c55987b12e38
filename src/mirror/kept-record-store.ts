import type { Knex } from "knex";
import { isEntity } from "../domain/entities";
import type { Stream } from "../domain/job";
import type { JsonObject } from "../domain/json";
import { unpackJson } from "./kept-json";
import { linkNameOf } from "./stage/apply/keep-raw-records";

/** One raw record as it was kept. */
export interface KeptRow {
  readonly key: string;
  /** Key of the parent's record; null for streams without one. */
  readonly parent: string | null;
  readonly record: JsonObject;
}

/** What is kept of one stream. */
export interface KeptSummary {
  readonly stream: string;
  readonly records: number;
  /** The latest run that found one of them new or changed, and when. */
  readonly run: number;
  readonly at: string;
  /** Paths left out of them. */
  readonly without: readonly string[];
}

interface Row {
  readonly parent: string;
  readonly parent_stream: string | null;
  readonly key: string;
  readonly run: number;
  readonly at: string;
  readonly record: Buffer;
}

/** Raw records, as far as jobs say `keepRaw`. */
export class KeptRecordStore {
  constructor(private readonly knex: Knex) {}

  /**
   * One record, with its parent's where the stream has parents and that one is kept. `run` is the one that first met it as it
   * is here. Null when it is not kept.
   */
  async read(
    source: string,
    stream: string,
    key: string,
  ): Promise<{
    readonly record: JsonObject;
    readonly parent: JsonObject | null;
    readonly run: number;
    readonly at: string;
  } | null> {
    // One key may stand under several parents: the latest.
    const found = await this.#of(source, stream).where({ key }).orderBy("at", "desc").first<Row | undefined>();
    if (found === undefined) return null;
    const { record, run, at } = found;
    return { record: unpackJson(record), parent: await this.#parent(source, found), run, at };
  }

  /** By stream; a stream of which nothing is kept is left out. */
  async summary(source: string): Promise<readonly KeptSummary[]> {
    const { rows } = await this.knex.raw<{ rows: KeptSummary[] }>(
      `select stream, count(*)::integer as records, max(run) as run, max(at) as at,
              (array_agg(to_json(without) order by at desc))[1] as without
       from sync.raw_records where source = ? group by stream order by stream`,
      [source],
    );
    return rows;
  }

  /** The records of a stream that came last, whosever children they are. */
  async latest(source: string, stream: string, limit = 100): Promise<readonly JsonObject[]> {
    const rows: readonly Row[] = await this.#of(source, stream).orderBy("at", "desc").limit(limit);
    return rows.map(({ record }) => unpackJson(record));
  }

  /**
   * The records of a stream in the order of their keys, page by page, so that few are in memory.
   *
   * @param parent those of one parent; null for a stream without parents
   */
  async *pages(source: string, stream: string, parent: string | null, size = 500): AsyncGenerator<readonly KeptRow[]> {
    let after: string | null = null;
    for (;;) {
      const query = this.#of(source, stream)
        .where({ parent: parent ?? "" })
        .orderBy("key")
        .limit(size);
      if (after !== null) query.where("key", ">", after);
      const rows = (await query) as Row[];
      if (rows.length === 0) return;
      yield rows.map((row) => ({ key: row.key, parent, record: unpackJson(row.record) }));
      after = rows.at(-1)?.key ?? null;
      if (rows.length < size) return;
    }
  }

  /** Whether every link that the stream states of this parent came from a record that is kept. */
  async covers(
    source: string,
    { name: stream, into }: Pick<Stream, "name" | "into">,
    parent: string,
  ): Promise<boolean> {
    if (isEntity(into)) return false;
    const { rows } = await this.knex.raw<{ rows: readonly { readonly covered: boolean }[] }>(
      `select not exists (
         select from mirror.${into} m
         where m.source = :source and m.origin = :stream and m.owner_key = :parent
           and not exists (
             select from sync.raw_records r
             where r.source = m.source and r.stream = m.origin and r.parent = m.owner_key and r.key = ${linkNameOf(into)})
       ) as covered`,
      { source, stream, parent },
    );
    return rows[0]?.covered === true;
  }

  #of(source: string, stream: string): Knex.QueryBuilder {
    return this.knex("sync.raw_records").where({ source, stream });
  }

  async #parent(source: string, { parent_stream: stream, parent }: Row): Promise<JsonObject | null> {
    if (stream === null) return null;
    const found = await this.#of(source, stream).where({ key: parent, parent: "" }).first<Row | undefined>();
    return found === undefined ? null : unpackJson(found.record);
  }
}
