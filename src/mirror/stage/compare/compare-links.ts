import { type EntityName, FIELDS, isEntity, LINK_ENDS, LINK_KINDS, type LinkKind } from "../../../domain/entities";
import type { Stream } from "../../../domain/job";
import { countLandedDangling } from "../land/landed";
import type { Ends } from "../land/landed-rows";
import { numberOf, rowsOf, type StageContext } from "../stage-context";
import { andScope, LINK_COLUMNS, STATED, scopeOf } from "../stage-tables";
import { originOf } from "../supposed-origin";
import { wasComplete } from "../was-complete";

/**
 * Notes which records come alive or end by this run, so that links can be judged by both their ends.
 *
 * @param awaited ends for which links that landed were effective, though it was not known yet whether these would come into the
 *   mirror
 * @returns whether any come, and whether any go
 */
async function noteLiveness(context: StageContext, awaited: Ends): Promise<Liveness> {
  const { contents, source } = context;
  let noted = await contents.write(
    context,
    "liveness",
    `insert into liveness (entity, key, live)
     select entity, key, kind <> 'tombstone'
     from changes
     where kind in ('create', 'restore', 'tombstone') and not held`,
  );
  for (const [entity, keys] of awaited)
    noted += await contents.write(
      context,
      "liveness",
      `insert into liveness (entity, key, live)
       select '${entity}', key, false from unnest($2::text[]) as awaited (key)
       where not exists (
         select from mirror.${entity} m where m.source = $1 and m.key = awaited.key and m.tombstoned_at is null)
       on conflict do nothing`,
      [source, [...keys]],
    );
  await contents.analyze(context, "liveness");
  await contents.analyze(context, "changes");
  if (noted === 0) return { come: false, go: false };
  const [found] = await rowsOf<Liveness>(
    context,
    "select bool_or(live) as come, bool_or(not live) as go from liveness",
  );
  return found ?? { come: false, go: false };
}

type Liveness = Readonly<Record<"come" | "go", boolean>>;

/** Takes back what a stream states of links, by its lists or by itself, and that it read its parents. */
export async function disregardLinks({ client }: StageContext, { name }: Stream): Promise<void> {
  await client.query("delete from stage_links where origin = $1 or starts_with(origin, $1 || '.')", [name]);
  await client.query("delete from stage_parents where stream = $1", [name]);
}

/**
 * Links that the same origin stated before and no longer states. A list of a record that was read is the whole truth
 * about that record; a child stream's links are swept for the parents read completely, and for parents that nobody will
 * ask about any more.
 *
 * @param swept child streams whose absences count
 */
export async function compareRevokes(
  context: StageContext,
  streams: readonly Stream[],
  swept: ReadonlySet<string>,
): Promise<void> {
  const { contents } = context;
  for (const stream of streams) {
    const { into } = stream;
    if (isEntity(into)) {
      if (!contents.mayHold(`stage_${into}`)) continue;
      for (const rule of stream.mapping.fields) {
        const field = FIELDS[into].find((candidate) => candidate.name === rule.name);
        if (field?.links !== undefined)
          await insertRevokes(context, field.links, `${stream.name}.${field.name}`, {
            column: LINK_COLUMNS[field.links][LINK_ENDS[field.links].left === into ? "left" : "right"],
            read: `select s.key from stage_${into} s`,
          });
      }
    } else if (swept.has(stream.name)) {
      if (contents.mayHold("stage_parents"))
        await insertRevokes(context, into, stream.name, {
          column: "owner_key",
          read: "select p.key from stage_parents p where p.stream = $2",
        });
      const parent = stream.each === null ? null : streams.find(({ name }) => name === stream.each)?.into;
      if (parent === null || (parent !== undefined && isEntity(parent)))
        await insertDisowned(context, into, stream.name, parent);
    }
  }
}

/** Forgets what was compared, for other records live after the run than it seemed. */
export async function forgetGrants({ client }: StageContext): Promise<void> {
  await client.query(`delete from changes where kind = 'grant' or not (${STATED}); delete from liveness`);
}

/**
 * Links that are new, and links that live or end with the records at their ends. Comes when it is known which revokes are held:
 * it asks who lives after the run.
 *
 * @param withHeldBack also links that came to life before, and were held then
 */
export async function compareGrants(
  context: StageContext,
  awaited: Ends,
  { withHeldBack = true }: { readonly withHeldBack?: boolean } = {},
): Promise<void> {
  const { come, go } = await noteLiveness(context, awaited);
  const { links } = await context.before();
  // Until it is read completely, earlier runs may have landed links whose other end never got into the mirror.
  const isUnsure = !(await wasComplete(context));
  const areCreatesHeld = context.contents.hasChanges && (await numberOf(context, HELD_CREATES)) > 0;
  for (const kind of LINK_KINDS) {
    if (context.contents.mayHold("stage_links")) await insertGrants(context, kind, areCreatesHeld);
    const all = isUnsure && links[kind].all > 0;
    const isHeldBack = withHeldBack && (await isAnyHeldBack(context, kind));
    // A record that comes brings to life only links that are without effect.
    const areTouched = go || (come && links[kind].dangling + countLandedDangling(context, kind) > 0);
    if (areTouched || all || isHeldBack) await insertEffects(context, kind, { all, withHeldBack });
  }
}

const HELD_CREATES = "select count(*) from changes where held and kind = 'create'";

/** Links that came to life and were held then are without effect though both their ends live. */
const heldBack = (kind: LinkKind): string => `
  join (
    select distinct h.entity, h.key, h.related, h.scope
    from sync.held_changes h join sync.holds o on o.run = h.run
    where o.source = $1 and h.entity = '${kind}' and h.cause = 'end-returned'
  ) back on not t.effective and back.key = t.${LINK_COLUMNS[kind].left} and back.related = t.${LINK_COLUMNS[kind].right}
    ${andScope(kind, "t", "back.scope")}`;

async function isAnyHeldBack(context: StageContext, kind: LinkKind): Promise<boolean> {
  if (kind !== "user_roles" || (await context.before()).links[kind].dangling === 0) return false;
  const held = `select count(*) from mirror.${kind} t ${heldBack(kind)} where t.source = $1`;
  return (await numberOf(context, held, [context.source])) > 0;
}

/**
 * A link with an end that is new and held is held with it, from whichever origin, and listed as if the record came:
 * nobody holds anything in the meantime, but the person who decides sees, and the limits weigh, what the record would
 * bring.
 */
async function insertGrants(context: StageContext, kind: LinkKind, areCreatesHeld: boolean): Promise<void> {
  const { left, right } = LINK_COLUMNS[kind];
  const ends = LINK_ENDS[kind];
  const isHeld = (side: "left" | "right"): string => (areCreatesHeld ? `${side}_held.key is not null` : "false");
  const joinHeld = (side: "left" | "right"): string =>
    areCreatesHeld
      ? `left join changes ${side}_held on ${side}_held.entity = '${ends[side]}' and ${side}_held.key = l.${side}_key
           and ${side}_held.kind = 'create' and ${side}_held.held`
      : "";
  await context.contents.write(
    context,
    "changes",
    `insert into changes (entity, key, related, scope, origin, owner, kind, cause, effective, held)
     select '${kind}', l.left_key, l.right_key, l.scope, l.origin, l.owner, 'grant', 'upstream',
            (${isHeld("left")} or ${livesAfter("left_now", "left_mirror")})
              and (${isHeld("right")} or ${livesAfter("right_now", "right_mirror")}),
            ${isHeld("left")} or ${isHeld("right")}
     from (select distinct left_key, right_key, scope, origin, owner from stage_links where kind = '${kind}') l
     ${joinLiveness("left", ends.left, "l.left_key")}
     ${joinLiveness("right", ends.right, "l.right_key")}
     ${joinHeld("left")}
     ${joinHeld("right")}
     where not exists (
       select from mirror.${kind} t
       where t.source = $1 and t.${left} = l.left_key and t.${right} = l.right_key
         ${andScope(kind, "t", "l.scope")}
         and ${originOf(context, "t.origin")} = l.origin and t.owner_key = l.owner)`,
    [context.source],
  );
}

/** @param owners whose links were stated anew, and the column that names them and that an index may lead to */
async function insertRevokes(
  context: StageContext,
  kind: LinkKind,
  origin: string,
  owners: { readonly column: string; readonly read: string },
): Promise<void> {
  const { left, right } = LINK_COLUMNS[kind];
  await context.contents.write(
    context,
    "changes",
    `insert into changes (entity, key, related, scope, origin, owner, kind, cause, effective)
     select '${kind}', t.${left}, t.${right}, ${scopeOf(kind, "t")}, $2, t.owner_key,
            'revoke', 'upstream', t.effective
     from mirror.${kind} t
     where t.source = $1 and ${originOf(context, "t.origin")} = $2 and t.${owners.column} in (${owners.read})
       and not exists (
         select from stage_links l
         where l.kind = '${kind}' and l.origin = $2 and l.owner = t.owner_key
           and l.left_key = t.${left} and l.right_key = t.${right}
           ${andScope(kind, "t", "l.scope")})`,
    [context.source, origin],
  );
}

/**
 * Links below a parent that is gone, and, once all that are asked now were read, below one of before an edit of `each`: nobody would
 * ever take them back. Those that lead to or from the parent itself end and return with it. While its removal is held, so are they,
 * and one release lets both through.
 *
 * @param parent whose links those are now; null for a list of nothing but links
 */
async function insertDisowned(
  context: StageContext,
  kind: LinkKind,
  origin: string,
  parent: EntityName | null,
): Promise<void> {
  const { left, right } = LINK_COLUMNS[kind];
  const ends = LINK_ENDS[kind];
  const columns = (["left", "right"] as const).filter((side) => ends[side] === parent);
  const isNoEnd = columns.map((side) => `t.${LINK_COLUMNS[kind][side]} <> t.owner_key and`).join(" ");
  const wasRead = (key: string): string =>
    `exists (select from stage_parents p where p.stream = $2 and p.key = ${key})`;
  const below =
    parent === null
      ? `cross join (select false as held) gone where t.owner_key <> '' and ${wasRead("''")}`
      : `left join changes gone on gone.entity = '${parent}' and gone.key = t.owner_key and gone.kind = 'tombstone'
         left join mirror.${parent} m on m.source = $1 and m.key = t.owner_key
         where ${isNoEnd} not ${wasRead("t.owner_key")}
           and (gone.key is not null or m.tombstoned_at is not null or (m.key is null and not exists (
             select from mirror.${parent} m where m.source = $1 and m.tombstoned_at is null and not ${wasRead("m.key")})))`;
  await context.contents.write(
    context,
    "changes",
    `insert into changes (entity, key, related, scope, origin, owner, kind, cause, effective, held)
     select '${kind}', t.${left}, t.${right}, ${scopeOf(kind, "t")}, t.origin, t.owner_key,
            'revoke', 'upstream', t.effective, coalesce(gone.held, false)
     from mirror.${kind} t ${below} and t.source = $1 and t.origin = $2
       and not exists (select from stage_links l where l.kind = '${kind}' and l.origin = $2 and l.owner = t.owner_key)`,
    [context.source, origin],
  );
}

/**
 * Links that stay but come to life because an end arrived or returned, or lose their effect because an end is gone.
 * Links whose own revoke goes through are left out: they are told once.
 */
async function insertEffects(
  context: StageContext,
  kind: LinkKind,
  { all, withHeldBack }: { readonly all: boolean; readonly withHeldBack: boolean },
): Promise<void> {
  const { left, right } = LINK_COLUMNS[kind];
  const ends = LINK_ENDS[kind];
  const touched = (from: string): string => `
       select t.${left} as left_key, t.${right} as right_key, ${scopeOf(kind, "t")} as scope,
              ${originOf(context, "t.origin")} as origin, t.owner_key as owner, t.effective
       from mirror.${kind} t ${from} where t.source = $1`;
  const byEnd = (column: string, entity: EntityName): string =>
    touched(`join liveness l on l.entity = '${entity}' and l.key = t.${column} and l.live <> t.effective`);
  await context.contents.write(
    context,
    "changes",
    // By each end for itself: the indexes of the two serve it one after the other.
    `with touched as ${all ? "not materialized" : "materialized"} (
       ${all ? touched("") : `${byEnd(left, ends.left)} union ${byEnd(right, ends.right)}${withHeldBack ? ` union ${touched(heldBack(kind))}` : ""}`}
     )
     insert into changes (entity, key, related, scope, origin, owner, kind, cause)
     select '${kind}', t.left_key, t.right_key, t.scope, t.origin, t.owner,
            case when t.effective then 'revoke' else 'grant' end,
            case when t.effective then 'end-gone' else 'end-returned' end
     from touched t
     ${joinLiveness("left", ends.left, "t.left_key")}
     ${joinLiveness("right", ends.right, "t.right_key")}
     where t.effective <> (${livesAfter("left_now", "left_mirror")} and ${livesAfter("right_now", "right_mirror")})
       and (t.left_key, t.right_key, t.scope, t.origin, t.owner) not in (
         select c.key, c.related, c.scope, c.origin, c.owner from changes c
         where c.entity = '${kind}' and c.kind = 'revoke' and not c.held)`,
    [context.source],
  );
}

const joinLiveness = (name: string, entity: EntityName, key: string): string =>
  `left join liveness ${name}_now on ${name}_now.entity = '${entity}' and ${name}_now.key = ${key}
     left join mirror.${entity} ${name}_mirror
       on ${name}_mirror.source = $1 and ${name}_mirror.key = ${key} and ${name}_mirror.tombstoned_at is null`;

const livesAfter = (now: string, mirror: string): string => `coalesce(${now}.live, ${mirror}.key is not null)`;
