import { type EntityName, type Into, LINK_ENDS, LINK_KINDS, type LinkKind } from "../../../domain/entities";
import { DAYS_LOOKED_BACK, type Population } from "../../../domain/weighing";
import { canSignInBy, SIGN_IN_FIELDS } from "../../can-sign-in";
import { quotedList } from "../../quoted-list";
import { countMet, isMet } from "../digests";
import { countLandedLinks, countLandedRecords, isKeyLanded, isLandedOrigin, isUnconcluded } from "../land/landed";
import { numberOf, rowsOf, type StageContext } from "../stage-context";
import { STATED, sameLink, WAS_READ } from "../stage-tables";

/** A population as far as the mirror knows it. */
type Weight<Of extends Into> = Omit<Population<Of>, "complete">;

/** A run compares, judges and writes in one transaction, and `now()` stands still in that. */
const AT_THE_RUN = "now()";

const signsIn = (values: "old" | "new"): string => canSignInBy(`changes.${values}`, "person", AT_THE_RUN);

/** Updates of people by which those come to be who `become` says. The source is `$1`. */
const updatesOf = (become: string): string => `(kind = 'update' and entity = 'users'
  and jsonb_exists_any(new, array[${quotedList(SIGN_IN_FIELDS)}]) and exists (
    select from mirror.users person where person.source = $1 and person.key = changes.key and ${become}))`;

/**
 * Somebody who could sign in and could not any more is a removal, as much as a tombstone: locked, disabled, not valid yet or not
 * any more. A time that passes without the customer saying anything is no update.
 */
export const DISABLES = updatesOf(`${signsIn("old")} and not ${signsIn("new")}`);

/** Updates of people who can sign in again. */
export const ENABLES = updatesOf(`not ${signsIn("old")} and ${signsIn("new")}`);

/** A record that landed in this very run and could not stand was never there. */
export const REMOVALS = `((kind = 'tombstone' and cause <> 'conflict') or (kind = 'revoke' and ${STATED}) or ${DISABLES})`;

const BY_RIGHT_END = `case e.entity ${LINK_KINDS.map((kind) => `when '${LINK_ENDS[kind].right}' then '${kind}'`).join(" ")} end`;

const withRightEnd = (kind: "tombstone" | "restore"): string => `(entity, related) in (
  select ${BY_RIGHT_END}, e.key from changes e where e.kind = '${kind}' and not e.held and not e.released and e.entity <> 'users')`;

/** Links that end with the role, permission or org they lead to: as good as revoked, and none but that removal says so. */
export const ENDS_ALONG = `(kind = 'revoke' and cause = 'end-gone' and ${withRightEnd("tombstone")})`;

/** Those that come back with it. */
export const RETURNS_ALONG = `(kind = 'grant' and cause = 'end-returned' and ${withRightEnd("restore")})`;

/** @param complete the entities that are weighed, and whether each was read completely */
export async function weighRecords(
  context: StageContext,
  complete: ReadonlyMap<EntityName, boolean>,
): Promise<readonly Population<EntityName>[]> {
  const populations: Population<EntityName>[] = [];
  for (const [entity, isComplete] of complete)
    populations.push({ ...(await weighEntity(context, entity)), complete: isComplete });
  return populations;
}

/**
 * What landed in this run, or in one that was never concluded, is neither changed nor removed by this one. A record
 * that conflicts with others was read well, and counts for no reject.
 */
async function weighEntity(context: StageContext, entity: EntityName): Promise<Weight<EntityName>> {
  const landed = countLandedRecords(context, entity);
  const others = `entity = $2 and not ${isKeyLanded(context, entity, "changes.key")} and not exists (
    select from mirror.${entity} m where m.source = $1 and m.key = changes.key and ${isUnconcluded("m")})`;
  const [row] = await rowsOf<Record<string, unknown>>(
    context,
    `select ${(await context.before()).records[entity]} as before,
            ${landed} + (select count(*) from stage_${entity} s where not ${isKeyLanded(context, entity, "s.key")}) + ${countMet("$2")}
              + (select count(*) from stage_rejects where entity = $2 and ${WAS_READ})
              + (select count(*) from stage_skips where entity = $2) as fetched,
            (select count(*) from stage_rejects where entity = $2 and code not in ('MAP031', 'MAP032')) as rejected,
            (select count(*) from changes where ${others} and kind = 'update' and not held) as changed,
            (select count(*) from changes where ${others} and ${REMOVALS} and not held) as removals,
            (select count(*) from changes where entity = $2 and kind = 'create' and not held) as created,
            ${REMOVED_BEFORE} as "removedBefore"`,
    [context.source, entity],
  );
  const weight = toWeight(entity, row);
  return weight.created === 0 ? weight : { ...weight, known: await countKnown(context, entity) };
}

/** Live records of the mirror that were met, in whatever state. */
function countKnown(context: StageContext, entity: EntityName): Promise<number> {
  const met = [`stage_rejects where ${WAS_READ} and`, "stage_skips where"].map(
    (of) => `select key from ${of} entity = $2`,
  );
  return numberOf(
    context,
    `select ${countMet("$2")} + (
       select count(*) from mirror.${entity} m
       where m.source = $1 and m.tombstoned_at is null and not ${isMet(entity)}
         and m.key in (select key from stage_${entity} union all ${met.join(" union all ")}))`,
    [context.source, entity],
  );
}

/** Updates that are not held. */
export const countUpdates = (context: StageContext, entity: EntityName): Promise<number> =>
  numberOf(context, "select count(*) from changes where entity = $1 and kind = 'update' and not held", [entity]);

/** @param readInFull streams that were asked for all their links: where they give none, none are there, or the answer is wrong */
export async function weighLinks(context: StageContext, readInFull: readonly string[]): Promise<readonly Population[]> {
  const populations: Population[] = [];
  // What shrinks among links is judged by the records that state them.
  for (const kind of LINK_KINDS) populations.push({ ...(await weighKind(context, kind, readInFull)), complete: false });
  return populations;
}

async function weighKind(
  context: StageContext,
  kind: LinkKind,
  readInFull: readonly string[],
): Promise<Weight<LinkKind>> {
  const landed = countLandedLinks(context, kind);
  const [row] = await rowsOf<Record<string, unknown>>(
    context,
    `select ${(await context.before()).links[kind].all} as before,
            ${landed} + (select count(*) from stage_links where kind = $2) as fetched,
            (select count(*) from changes
              where entity = $2 and ${REMOVALS} and not held and not ${isLandedOrigin(context, "origin")} and not exists (
                select from mirror.${kind} t where ${sameLink(kind, "changes")} and ${isUnconcluded("t")})) as removals,
            (select count(*) from changes c
              where c.entity = $2 and c.kind = 'revoke' and c.${STATED} and c.origin = any ($3)
                and not exists (select from stage_links l where l.origin = c.origin)) as emptied,
            ${REMOVED_BEFORE} as "removedBefore"`,
    [context.source, kind, readInFull],
  );
  return toWeight(kind, row);
}

/** Removals of a population over seven days; the source is `$1`, the population `$2`. */
export const REMOVED_BEFORE = `coalesce(
  (select sum(count) from sync.removals where source = $1 and entity = $2 and at > now() - interval '${DAYS_LOOKED_BACK} days'), 0)`;

function toWeight<Of extends Into>(entity: Of, row: Record<string, unknown> = {}): Weight<Of> {
  // Sums of counts are numeric, which arrives as text.
  const number = (name: string): number => Number(row[name] ?? 0);
  return {
    entity,
    before: number("before"),
    fetched: number("fetched"),
    rejected: number("rejected"),
    changed: number("changed"),
    removals: number("removals"),
    removedBefore: number("removedBefore"),
    created: number("created"),
    known: 0,
    emptied: number("emptied"),
  };
}
