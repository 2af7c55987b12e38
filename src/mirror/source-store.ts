import { createHash } from "node:crypto";
import type { Knex } from "knex";
import type { SourceFacts, StatedLinks } from "../domain/answers";
import { ENTITY_NAMES, LINK_KINDS } from "../domain/entities";

/** All sources, or the one that is asked about. */
const asked = (source = "source"): string => `(:only::text is null or ${source} = :only)`;

/** One statement a table, counted over all sources at once. */
const RECORDS = ENTITY_NAMES.map(
  (entity) => `select source, '${entity}' as name, count(*) as count
     from mirror.${entity} where tombstoned_at is null and ${asked()} group by source`,
).join("\nunion all\n");

const LINKS = LINK_KINDS.map(
  (
    kind,
  ) => `select source, '${kind}' as kind, origin, count(*) as count, count(*) filter (where not effective) as dangling
     from mirror.${kind} where ${asked()} group by source, origin`,
).join("\nunion all\n");

type RecordCount = { readonly source: string; readonly name: string; readonly count: number };
type LinkCount = StatedLinks & { readonly source: string; readonly dangling: number };

/** Of the runs those of the whole source: one of a part says nothing of the rest. */
const FACTS = `
  select s.source, s.last_complete_at as "lastComplete", s.retired_at as "retiredAt",
         (select count(*) from sync.rejects r where r.source = s.source and r.healed_at is null) as rejects,
         (select max(id) from sync.runs r where r.source = s.source and r.mode = 'sync'
            and r.options ->> 'user' is null and r.options ->> 'only' is null
            and ((r.state = 'finished' and r.outcome <> 'busy') or r.id = any(:dead))) as "lastRun",
         sync.live_run(s.source) as "busyWith"
  from sync.sources s
  where ${asked("s.source")}
  order by s.source`;

/** What the mirror knows about its sources. */
export class SourceStore {
  constructor(private readonly knex: Knex) {}

  /** Names this mirror among others; made when the schema was. */
  async mirrorId(): Promise<string> {
    const { rows } = await this.knex.raw<{ rows: { id: string }[] }>("select id::text from sync.mirror");
    return rows[0]?.id ?? "";
  }

  /** Of this mirror at this place, in 8 hexadecimal digits: a copy of its database elsewhere has another. */
  async placeId(): Promise<string> {
    const { rows } = await this.knex.raw<{ rows: { place: string }[] }>(
      "select id || '/' || sync.place() as place from sync.mirror",
    );
    return createHash("sha256")
      .update(rows[0]?.place ?? "")
      .digest("hex")
      .slice(0, 8);
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

  /**
   * @param only null for all sources
   * @param dead runs that ended although nobody has noted it
   */
  async facts(only: string | null = null, dead: ReadonlySet<number> = new Set()): Promise<readonly SourceFacts[]> {
    const { rows } = await this.knex.raw<{ rows: Omit<SourceFacts, "counts" | "stated" | "dangling">[] }>(FACTS, {
      only,
      dead: [...dead],
    });
    const records = await this.knex.raw<{ rows: RecordCount[] }>(RECORDS, { only });
    const links = await this.knex.raw<{ rows: LinkCount[] }>(LINKS, { only });
    return rows.map((row) => {
      const isOwn = ({ source }: { readonly source: string }) => source === row.source;
      const counts: Record<string, number> = {};
      for (const { name, count } of records.rows.filter(isOwn)) counts[name] = count;
      const own = links.rows.filter(isOwn);
      for (const { kind, count } of own) counts[kind] = (counts[kind] ?? 0) + count;
      const stated = own.map(({ kind, origin, count }) => ({ kind, origin, count }));
      return { ...row, counts, stated, dangling: own.reduce((sum, { dangling }) => sum + dangling, 0) };
    });
  }
}
