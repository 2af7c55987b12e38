import { columnsOf, ENTITY_NAMES, type EntityName, LINK_KINDS, type LinkKind } from "../../../domain/entities";
import { Failure } from "../../../domain/errors";
import { canSignIn, canSignInBy, SIGN_IN_FIELDS } from "../../can-sign-in";
import { quotedList } from "../../quoted-list";
import type { HoldTransition } from "../judge/decide-hold";
import { statedBy } from "../link-owners";
import { affected, rowsOf, type StageContext } from "../stage-context";
import { namingColumns, STATED, sameLink } from "../stage-tables";

/**
 * Writes the unheld changes into the mirror. Every step checks that it wrote as many rows as there are changes, and is left out
 * where there are none.
 *
 * @returns how many there are
 */
export async function applyChanges(context: StageContext): Promise<number> {
  const going = await countGoing(context);
  if (going.size === 0) return 0;
  for (const entity of ENTITY_NAMES) {
    await expectRows(going, `${entity} create`, () => createRecords(context, entity));
    await expectRows(going, `${entity} update`, () => updateRecords(context, entity));
    await expectRows(going, `${entity} tombstone`, () => tombstoneRecords(context, entity));
  }
  for (const kind of LINK_KINDS) {
    await expectRows(going, `${kind} grant`, () => insertLinks(context, kind));
    await expectRows(going, `${kind} revoke`, () => deleteLinks(context, kind));
    await expectRows(going, `${kind} effect`, () => settleEffects(context, kind));
  }
  await forgetSignIns(context);
  return [...going.values()].reduce((sum, count) => sum + count, 0);
}

/** Unheld changes by entity and step, as in `users create`. */
async function countGoing(context: StageContext): Promise<ReadonlyMap<string, number>> {
  const rows = await rowsOf<{ step: string; count: number }>(
    context,
    `select entity || ' ' || case when not (${STATED}) then 'effect' when kind = 'restore' then 'update' else kind end as step,
            count(*) as count
     from changes where not held group by 1`,
  );
  return new Map(rows.map(({ step, count }) => [step, count]));
}

/** Everybody writes several rows in the same order, so that two writers who meet do not wait for each other. */
const IN_ORDER = "(select * from changes order by key, related)";

async function createRecords(context: StageContext, entity: EntityName): Promise<number> {
  const columns = columnsOf(entity).map((field) => field.name);
  const own = entity === "users" ? ", realm" : "";
  return affected(
    context,
    `insert into mirror.${entity} (source, key, ${columns.join(", ")}, attributes, created_at, updated_at, last_run${own})
     select $1, c.key, ${columns.map((name) => `r.${name}`).join(", ")}, coalesce(c.new -> 'attributes', '{}'),
            sync.moment(), sync.moment(), $2${own === "" ? "" : ", $1"}
     from changes c
     cross join lateral jsonb_populate_record(null::mirror.${entity}, c.new - 'attributes') r
     where c.entity = '${entity}' and c.kind = 'create' and not c.held
     order by c.key`,
    [context.source, context.run],
  );
}

async function updateRecords(context: StageContext, entity: EntityName): Promise<number> {
  const columns = columnsOf(entity).map((field) => field.name);
  return affected(
    context,
    `update mirror.${entity} m
     set (${columns.join(", ")}) = (
           select ${columns.map((name) => `r.${name}`).join(", ")}
           from jsonb_populate_record(m, c.new - 'attributes') r),
         attributes = case when c.new ? 'attributes'
           then sync.patched(m.attributes, c.new -> 'attributes') else m.attributes end,
         version = m.version + 1,
         updated_at = sync.moment(),
         last_run = $2,
         tombstoned_at = null
     from ${IN_ORDER} c
     where c.entity = '${entity}' and c.kind in ('update', 'restore') and not c.held
       and m.source = $1 and m.key = c.key and m.version = c.version`,
    [context.source, context.run],
  );
}

async function tombstoneRecords(context: StageContext, entity: EntityName): Promise<number> {
  return affected(
    context,
    `update mirror.${entity} m
     set tombstoned_at = sync.moment(), updated_at = sync.moment(), version = m.version + 1, last_run = $2
     from ${IN_ORDER} c
     where c.entity = '${entity}' and c.kind = 'tombstone' and not c.held
       and m.source = $1 and m.key = c.key and m.version = c.version and m.tombstoned_at is null`,
    [context.source, context.run],
  );
}

/** The mirror moved between compare and apply although the fence is ours: somebody wrote past it. Nothing is written. */
async function expectRows(
  going: ReadonlyMap<string, number>,
  step: string,
  write: () => Promise<number>,
): Promise<void> {
  const expected = going.get(step) ?? 0;
  const wrote = expected === 0 ? 0 : await write();
  if (wrote === expected) return;
  const [entity] = step.split(" ");
  throw new Failure(
    "RUN002",
    `${expected - wrote} ${entity} moved in the mirror between compare and apply; nothing was written`,
    { fix: "run it again", data: { entity, expected, wrote } },
  );
}

async function insertLinks(context: StageContext, kind: LinkKind): Promise<number> {
  const columns = namingColumns(kind);
  return affected(
    context,
    `insert into mirror.${kind} (source, ${columns.join(", ")}, origin, owner_key, effective, since, last_run)
     select $1, ${["key", "related", "scope"].slice(0, columns.length).join(", ")}, origin, owner, effective, sync.moment(), $2
     from changes
     where entity = '${kind}' and kind = 'grant' and ${STATED} and not held
     order by key, related`,
    [context.source, context.run],
  );
}

async function deleteLinks(context: StageContext, kind: LinkKind): Promise<number> {
  return affected(
    context,
    `delete from mirror.${kind} t using ${IN_ORDER} c
     where c.entity = '${kind}' and c.kind = 'revoke' and c.${STATED} and not c.held and ${sameLink(kind, "c")}`,
    [context.source],
  );
}

async function settleEffects(context: StageContext, kind: LinkKind): Promise<number> {
  return affected(
    context,
    `update mirror.${kind} t
     set effective = (c.kind = 'grant'), since = sync.moment(), last_run = $2
     from ${IN_ORDER} c
     where c.entity = '${kind}' and c.cause in ('end-gone', 'end-returned') and not c.held and ${sameLink(kind, "c")}`,
    [context.source, context.run],
  );
}

const DECIDES = `jsonb_exists_any(c.new, array[${quotedList(SIGN_IN_FIELDS)}])`;
/** Dates pass while a run is under way. */
const NOW = "clock_timestamp()";

/**
 * A person who is gone, may no longer sign in, or has another password keeps no verifier and no session. Nor does one
 * who is let in again keep a session: it may have been opened while the run that shut them out had not committed, or
 * before their time had passed by itself. Comes after the changes were written.
 */
async function forgetSignIns(context: StageContext): Promise<void> {
  const [leaves, returns] = [
    `c.kind = 'tombstone' or c.new ? 'password_changed_at'
      or ${DECIDES} and not ${canSignIn((name) => `person.${name}`, NOW)}`,
    `c.kind in ('create', 'restore') or ${DECIDES} and not ${canSignInBy("c.old", "person", NOW)}`,
  ];
  for (const [table, which] of [["verifiers", leaves] as const, ["sessions", `${leaves} or ${returns}`] as const])
    await affected(
      context,
      `delete from login.${table} l using changes c, mirror.users person
       where l.source = $1 and l.key = c.key and c.entity = 'users' and not c.held
         and person.source = $1 and person.key = c.key and (${which})`,
      [context.source],
    );
}

/**
 * One audit row for each change that has an effect; links that dangle have none yet. What was held is by the person who
 * released it, also when a run of the schedule is quicker than theirs.
 */
export async function writeAudit(
  context: StageContext,
  { actor, reason }: { readonly actor: string; readonly reason: string | null },
  released: HoldTransition["released"],
): Promise<void> {
  await context.client.query("select audit.ensure_month(sync.moment())");
  await context.client.query(
    `insert into audit.entries (at, run, source, entity, key, related, scope, origin, owner, kind, old, new, cause, actor, reason)
     select sync.moment(), $1, $2, entity, key, related, scope, origin,
            ${statedBy("origin", "owner")}, kind, old, new, cause,
            case when released then $5 else $3 end, case when released then $6 else $4 end
     from changes
     where not held and effective
     -- Who came is told before what they were given.
     order by related <> '', entity, key, related, scope, kind`,
    [context.run, context.source, actor, reason, released?.by ?? actor, released === null ? reason : released.reason],
  );
}
