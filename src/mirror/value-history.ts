import type { Knex } from "knex";
import type { LinkKind } from "../domain/entities";
import { parseFieldLabel, valueUnder } from "../domain/field-label";
import type { Json, JsonObject } from "../domain/json";
import type { ValueChange } from "../domain/why";
import { LINK_COLUMNS } from "./stage/stage-tables";

/** One end of a link of a person, and who states it. */
export interface StatedItem {
  readonly key: string;
  /** The org within which a role is held. */
  readonly scope: string | null;
  readonly origin: string;
  readonly effective: boolean;
}

interface EntryRow extends Omit<ValueChange, "before"> {
  readonly key: string;
  readonly related: string;
  readonly scope: string;
  readonly origin: string;
  readonly old: JsonObject | null;
}

const COLUMNS = "e.kind, e.run, e.at, e.cause, e.actor, e.reason, e.key, e.related, e.scope, e.origin, e.old";

/** The latest entry that tells of a value; one that made the person tells of every value. */
const LATEST = `
  select ${COLUMNS}
  from sync.keys_of(:source, 'users', :key) had
  join audit.entries e on e.source = :source and e.key = had.key and e.at >= had.since and e.at < had.until
  cross join lateral (select case when :inside then e.old -> 'attributes' else e.old end as old,
                             case when :inside then e.new -> 'attributes' else e.new end as new) told
  where e.entity = 'users' and (e.kind = 'create' or jsonb_exists(told.new, :name) or jsonb_exists(told.old, :name))
  order by e.at desc, e.id desc limit 1`;

/** Everything the latest run did to the links of one kind, or the latest command: all that commands do is of run 0. */
const LATEST_OF_LINKS = `
  with all_of as (
    select e.*
    from sync.keys_of(:source, 'users', :key) had
    join audit.entries e on e.source = :source and e.key = had.key and e.at >= had.since and e.at < had.until
    where e.entity = :kind
  ),
  latest as (select run, at from all_of order by at desc, id desc limit 1)
  select ${COLUMNS}, sync.current_key(:source, :ends, e.related, e.at) as related,
         sync.current_key(:source, 'orgs', e.scope, e.at) as scope
  from all_of e join latest on e.run = latest.run and (e.run > 0 or e.at = latest.at)
  order by e.id`;

/** What nobody upstream states: roles given here, and those of everybody. */
const GIVEN_HERE = `
  select held.role_key as key, held.org_key as scope, held.origin, true as effective
  from mirror.users u cross join lateral mirror.held_roles(u.source, u.key) held
  where u.source = ? and u.key = ? and u.tombstoned_at is null and held.given <> 'upstream'
  order by 1, 2`;

/** What the audit and the holds tell of single values of a person. */
export class ValueHistory {
  constructor(private readonly knex: Knex) {}

  /** @param label a field, `attributes.x`, or `key` */
  async latest(source: string, key: string, label: string): Promise<ValueChange | null> {
    const { name, isAttribute: inside } = parseFieldLabel(label);
    const { rows } = await this.knex.raw<{ rows: EntryRow[] }>(LATEST, { source, key, inside, name });
    const [row] = rows;
    return row === undefined ? null : { ...changeOf(row), before: valueAt(row.old, label) };
  }

  /**
   * What the latest run that touched them granted and revoked; `before` is left to the caller, who knows what is held
   * now.
   */
  async latestOfLinks(
    source: string,
    key: string,
    kind: LinkKind,
  ): Promise<{
    readonly change: Omit<ValueChange, "before">;
    readonly granted: readonly LinkEnd[];
    readonly revoked: readonly LinkEnd[];
  } | null> {
    const ends = kind === "user_orgs" ? "orgs" : "roles";
    const { rows } = await this.knex.raw<{ rows: EntryRow[] }>(LATEST_OF_LINKS, { source, key, kind, ends });
    const [first] = rows;
    if (first === undefined) return null;
    const of = (wanted: string): readonly LinkEnd[] =>
      rows
        .filter((row) => row.kind === wanted)
        .map(({ related, scope, origin }) => ({ key: related, scope: scope || null, origin }));
    const causes = [...new Set(rows.map(({ cause }) => cause))].sort();
    return {
      change: { ...changeOf(first), cause: causes.join(", ") },
      granted: of("grant"),
      revoked: of("revoke"),
    };
  }

  /** The links of one kind as the mirror holds them, also those without effect, and last what is given here. */
  async links(source: string, key: string, kind: LinkKind): Promise<readonly StatedItem[]> {
    const { left, right, scope } = LINK_COLUMNS[kind];
    const stated: LinkRow[] = await this.knex(`mirror.${kind}`)
      .where({ source, [left]: key })
      .select({ key: right, scope: this.knex.raw(scope ?? "null"), origin: "origin", effective: "effective" })
      .orderBy([right, "origin"]);
    const given =
      kind === "user_roles" ? (await this.knex.raw<{ rows: LinkRow[] }>(GIVEN_HERE, [source, key])).rows : [];
    return [...stated, ...given].map((row) => ({ ...row, scope: row.scope || null }));
  }

  /** The run that holds a change of this value, for a person to decide. */
  async heldBy(source: string, key: string, label: string): Promise<number | null> {
    const { name, isAttribute: inside } = parseFieldLabel(label);
    const { rows } = await this.knex.raw<{ rows: { run: number }[] }>(
      `select h.run from sync.holds h join sync.held_changes c on c.run = h.run
       where h.source = :source and h.state in ('open', 'released', 'rejected') and c.entity = 'users' and c.key = :key
         and jsonb_exists(case when :inside then c.new -> 'attributes' else c.new end, :name)
       order by h.run desc limit 1`,
      { source, key, inside, name },
    );
    return rows[0]?.run ?? null;
  }
}

type LinkRow = Omit<StatedItem, "scope"> & { readonly scope: string | null };

/** One end of a link of a person, as a list or a grant of ours states it. */
export type LinkEnd = Omit<StatedItem, "effective">;

/** The value of `username`, or of `attributes.x`, in what an entry tells. */
function valueAt(values: JsonObject | null, label: string): Json {
  return valueUnder(label, { values: values ?? {}, attributes: (values?.attributes ?? {}) as JsonObject });
}

const changeOf = ({ kind, run, at, cause, actor, reason }: EntryRow): Omit<ValueChange, "before"> => ({
  kind,
  run,
  at,
  cause,
  actor,
  reason,
});
