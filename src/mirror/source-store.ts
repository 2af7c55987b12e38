import type { Knex } from "knex";
import type { SourceFacts } from "../domain/answers";
import { ENTITY_NAMES, LINK_KINDS } from "../domain/entities";

/** One statement a table, counted over all sources at once. */
const COUNTS = [
  ...ENTITY_NAMES.map(
    (entity) => `select source, '${entity}' as name, count(*) as live, 0 as dangling
     from mirror.${entity} where tombstoned_at is null group by source`,
  ),
  ...LINK_KINDS.map(
    (kind) => `select source, '${kind}', count(*), count(*) filter (where not effective)
     from mirror.${kind} group by source`,
  ),
].join("\nunion all\n");

/** Of the runs those of the whole source: one of a part says nothing of the rest. */
const FACTS = `
  select s.source, s.last_complete_at as "lastComplete", s.retired_at as "retiredAt",
         (select count(*) from sync.rejects r where r.source = s.source and r.healed_at is null) as rejects,
         (select max(id) from sync.runs r where r.source = s.source and r.mode = 'sync' and r.state = 'finished'
            and r.outcome <> 'busy' and r.options ->> 'user' is null and r.options ->> 'only' is null) as "lastRun",
         sync.live_run(s.source) as "busyWith"
  from sync.sources s
  order by s.source`;

/** What the mirror knows about its sources. */
export class SourceStore {
  constructor(private readonly knex: Knex) {}

  /** Names this mirror among others; made when the schema was. */
  async mirrorId(): Promise<string> {
    const { rows } = await this.knex.raw<{ rows: { id: string }[] }>("select id::text from sync.mirror");
    return rows[0]?.id ?? "";
  }

  /** Of all that the mirror holds anything of. */
  async names(): Promise<readonly string[]> {
    const { rows } = await this.knex.raw<{ rows: { source: string }[] }>(
      "select source from sync.sources order by source",
    );
    return rows.map(({ source }) => source);
  }

  /** The run that works at the source at this moment. */
  async busyWith(source: string): Promise<number | null> {
    const { rows } = await this.knex.raw<{ rows: { run: number | null }[] }>("select sync.live_run(?) as run", [
      source,
    ]);
    return rows[0]?.run ?? null;
  }

  async facts(): Promise<readonly SourceFacts[]> {
    const { rows } = await this.knex.raw<{ rows: Omit<SourceFacts, "counts" | "dangling">[] }>(FACTS);
    const counted = await this.knex.raw<{ rows: { source: string; name: string; live: number; dangling: number }[] }>(
      COUNTS,
    );
    return rows.map((row) => {
      const own = counted.rows.filter((count) => count.source === row.source);
      return {
        ...row,
        counts: Object.fromEntries(own.map((count) => [count.name, count.live])),
        dangling: own.reduce((sum, count) => sum + count.dangling, 0),
      };
    });
  }
}
