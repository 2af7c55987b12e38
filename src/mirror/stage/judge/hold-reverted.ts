import type { BelievedStreams, ComparedKind } from "../../../domain/comparing";
import { type EntityName, type Into, isEntity, LINK_KINDS, type LinkKind } from "../../../domain/entities";
import { grouped } from "../../../domain/grouped";
import type { HoldEvidence } from "../../../domain/holds";
import { listIn, listOwners } from "../link-owners";
import { objectOf } from "../object-of";
import { affected, rowsOf, type StageContext } from "../stage-context";
import { STATED } from "../stage-tables";
import { ATTRIBUTE, hasPins, IS_ATTRIBUTE, SAME_RECORD, samePinned, tellsField, toldOfField } from "./pins";

/**
 * Holds what would undo an undoing: changes that a person has reverted and that the upstream still asks for. Of an update only the
 * fields that were reverted are held. Pins whose change is not found any more, though what they are of was read, have lapsed: the
 * upstream says something else.
 */
export class RevertedChanges {
  #hasPins: Promise<boolean> | null = null;
  #lapsed: number[] = [];

  constructor(private readonly context: StageContext) {}

  get lapsed(): readonly number[] {
    return this.#lapsed;
  }

  /** Asked of the database once a run. */
  any(): Promise<boolean> {
    this.#hasPins ??= hasPins(this.context);
    return this.#hasPins;
  }

  /** Comes when the changes of that kind are known. @returns why something is held; of links it is told with their grants */
  async hold(kind: ComparedKind, { streams, isComplete }: BelievedStreams): Promise<readonly HoldEvidence[]> {
    if (!(await this.any())) return [];
    await this.context.contents.analyze(this.context, "changes");
    if (kind === "records") {
      for (const { into } of streams) if (isEntity(into)) await this.#holdRecords(into);
      return this.#evidence(kind);
    }
    for (const links of LINK_KINDS) await this.#holdLinks(links, kind === "revokes" ? "revoke" : "grant");
    if (kind === "revokes") return [];
    // Of records, too, only now: the second witness may have disproved a list.
    for (const stream of streams) if (isEntity(stream.into)) await this.#lapseRecords(stream.into, isComplete(stream));
    const names = streams.map(({ name }) => name);
    for (const links of LINK_KINDS) await this.#lapseLinks(links, names);
    return this.#evidence(kind);
  }

  async #holdRecords(entity: EntityName): Promise<void> {
    const { context } = this;
    await affected(
      context,
      `update changes c set held = true from sync.pins p
       where c.entity = $2 and ${SAME_RECORD}
         and ((p.kind = 'restore' and c.kind in ('create', 'restore')) or (p.kind = 'tombstone' and c.kind = 'tombstone'))`,
      [context.source, entity],
    );
    // The row is parted: what was reverted is held, the rest goes.
    await affected(
      context,
      `with pinned as (
         select c.ctid as place, p.field, ${IS_ATTRIBUTE} as attribute,
                case when ${IS_ATTRIBUTE} then ${ATTRIBUTE} else p.field end as name,
                coalesce(${toldOfField("c.old")}, 'null') as old, p.value as new
         from changes c join sync.pins p on ${SAME_RECORD} and p.kind = 'update'
         where c.entity = $2 and c.kind = 'update' and not c.held and ${tellsField("c.new")}
           and coalesce(${toldOfField("c.new")}, 'null') = p.value
       ),
       parts as (
         select place, ${objectOf("old")} as old, ${objectOf("new")} as new,
                coalesce(array_agg(name) filter (where not attribute), '{}') as fields,
                coalesce(array_agg(name) filter (where attribute), '{}') as attributes
         from pinned group by place
       ),
       parted as (
         insert into changes (entity, key, kind, cause, version, held, old, new)
         select c.entity, c.key, c.kind, c.cause, c.version, true, p.old, p.new
         from parts p join changes c on c.ctid = p.place
       )
       update changes c set old = ${restOf("c.old")}, new = ${restOf("c.new")} from parts p where c.ctid = p.place`,
      [context.source, entity],
    );
    await affected(context, "delete from changes where entity = $1 and kind = 'update' and not held and new = '{}'", [
      entity,
    ]);
  }

  /** Somebody who is kept out lapses when a complete read misses them; everybody else when they are met and agree. */
  async #lapseRecords(entity: EntityName, complete: boolean): Promise<void> {
    const isHeld = (condition: string): string =>
      `exists (select from changes c where c.held and c.entity = $2 and ${SAME_RECORD} and ${condition})`;
    const isRejected = "exists (select from stage_rejects r where r.entity = $2 and r.key = p.key)";
    // One after the other, so that each is one join.
    if (complete)
      await this.#lapse(
        `p.entity = $2 and p.kind = 'restore' and not ${isHeld("c.kind in ('create', 'restore')")} and not ${isRejected}`,
        [entity],
      );
    await this.#lapse(`p.entity = $2 and p.kind = 'tombstone' and ${isStaged(entity)}`, [entity]);
    await this.#lapse(
      `p.entity = $2 and p.kind = 'update' and ${isStaged(entity)}
       and not ${isHeld(`c.kind = 'update' and ${tellsField("c.new")}`)}`,
      [entity],
    );
  }

  async #holdLinks(links: LinkKind, kind: "grant" | "revoke"): Promise<void> {
    const { context } = this;
    await affected(
      context,
      `update changes c set held = true from sync.pins p
       where c.entity = $2 and c.kind = $3 and not c.held and c.${STATED} and p.kind = c.kind and ${samePinned(context)}`,
      [context.source, links, kind],
    );
  }

  /** @param streams names of those that were compared */
  async #lapseLinks(kind: LinkKind, streams: readonly string[]): Promise<void> {
    const of = "p.entity = $2 and split_part(p.origin, '.', 1) = any ($3)";
    await this.#lapse(`${of} and p.kind = 'revoke' and ${isStated}`, [kind, streams]);
    const isRead = [
      `(${listIn("p.origin")} = '' and exists (select from stage_parents s where s.stream = p.origin and s.key = p.owner))`,
      ...listOwners(kind).map(
        ({ field, entity }) =>
          `(${listIn("p.origin")} = '${field}' and exists (select from stage_${entity} s where s.key = p.owner))`,
      ),
    ];
    for (const read of isRead)
      await this.#lapse(`${of} and p.kind = 'grant' and not ${isStated} and ${read}`, [kind, streams]);
  }

  async #lapse(condition: string, parameters: readonly unknown[]): Promise<void> {
    const rows = await rowsOf<{ id: number }>(
      this.context,
      `select p.id from sync.pins p where p.source = $1 and ${condition}`,
      [this.context.source, ...parameters],
    );
    this.#lapsed.push(...rows.map(({ id }) => id));
  }

  async #evidence(kind: "records" | "grants"): Promise<readonly HoldEvidence[]> {
    const rows = await rowsOf<{ entity: Into; count: number; reverted: readonly number[] }>(
      this.context,
      `select c.entity, count(distinct c.ctid)::integer as count, array_agg(distinct p.run order by p.run) as reverted
       from changes c
       join sync.pins p on ${samePinned(this.context)}
         and case c.kind when 'create' then 'restore' else c.kind end = p.kind
         and (p.kind <> 'update' or ${tellsField("c.new")})
       where c.held and (c.related = '') = $2
       group by c.entity order by c.entity`,
      [this.context.source, kind === "records"],
    );
    const before = await this.context.before();
    return rows.map(({ entity, count, reverted }) => ({
      entity,
      rule: "reverted",
      count,
      of: isEntity(entity) ? before.records[entity] : before.links[entity].all,
      message: `${grouped(count)} would be again as before run ${reverted.join(", ")} put ${count === 1 ? "it" : "them"} back`,
    }));
  }
}

/** Whether the record of a pin `p` came, and could be read. */
const isStaged = (entity: EntityName): string => `exists (select from stage_${entity} s where s.key = p.key)`;

/** Whether the upstream states the link of a pin `p`. */
const isStated = `exists (
  select from stage_links l
  where l.kind = p.entity and l.left_key = p.key and l.right_key = p.related and l.scope = p.scope and l.origin = p.origin
    and l.owner = p.owner)`;

/** Values without those of the part `p`. */
const restOf = (values: string): string => `
  (${values} - 'attributes' - p.fields) || sync.nested('attributes', coalesce(${values} -> 'attributes', '{}') - p.attributes)`;
