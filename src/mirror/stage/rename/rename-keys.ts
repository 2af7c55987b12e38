import { type EntityName, LINK_ENDS, LINK_KINDS, type LinkKind } from "../../../domain/entities";
import { Failure } from "../../../domain/errors";
import type { RekeyRequest } from "../../../domain/rekey";
import { bySets } from "../../by-sets";
import { expireGrants } from "../../expire-grants";
import { quotedList } from "../../quoted-list";
import { statedBy } from "../link-owners";
import { affected, rowsOf, type StageContext } from "../stage-context";
import { LINK_COLUMNS, namingColumns, scopeOf } from "../stage-tables";

/** A column that holds keys of the entity; `where` narrows it to those rows in which it does. */
interface KeyColumn {
  readonly table: string;
  readonly column: string;
  readonly where?: string;
  /** That a row is of the source `$1`; by a column of that name by default. */
  readonly ofSource?: string;
}

/**
 * Renames the keys of one entity wherever they stand: the records themselves, the links that name them or that they state, and
 * what is remembered of them between runs. Ids, values, links and history stay; the audit keeps the key that was right at its
 * time, and `sync.rekeys` leads from one to the other.
 */
export const renameKeys = (context: StageContext, request: RekeyRequest): Promise<void> =>
  bySets(context.client, () => renameAll(context, request));

async function renameAll(context: StageContext, request: RekeyRequest): Promise<void> {
  const { client, source, run } = context;
  const { stream, children, renamed, actor, reason } = request;
  // What ended before is told by the keys of its time.
  await expireGrants(client, source);
  await dropDoubles(context, stream.into);
  for (const column of columnsOf(request)) await rename(context, column, [stream.name, children]);
  if (stream.into === "orgs") await renamePinnedParents(context);
  const wrote = await affected(
    context,
    `update mirror.${stream.into} m set version = m.version + 1, updated_at = sync.moment(), last_run = $2
     from rekeys k where k.known and m.source = $1 and m.key = k.new_key`,
    [source, run],
  );
  if (wrote !== renamed)
    throw new Failure("RUN002", `the mirror moved while the keys were read; nothing was renamed`, {
      fix: "run it again",
      data: { wrote, renamed },
    });
  if (stream.into === "users") await sealPasswordsAnew(context);
  await forgetRest(context, request);
  await client.query("select audit.ensure_month(sync.moment())");
  await client.query(
    `insert into audit.entries (at, run, source, entity, key, kind, old, new, cause, actor, reason)
     select sync.moment(), $2, $1, $3, new_key, 'update', jsonb_build_object('key', old_key), jsonb_build_object('key', new_key),
            'rekey', $4, $5
     from rekeys where known order by new_key`,
    [source, run, stream.into, actor, reason],
  );
  await client.query(
    `insert into sync.rekeys (source, entity, at, old_key, new_key, run)
     select $1, $2, sync.moment(), old_key, new_key, $3 from rekeys where known`,
    [source, stream.into, run],
  );
  // A question to the audit right after this would read all of them for each entry.
  await client.query("analyze sync.rekeys");
  for (const kind of LINK_KINDS) await healLinks(context, kind, stream.into, request);
}

/** What is sealed for a person is sealed for their key, which went with the person by itself. */
async function sealPasswordsAnew(context: StageContext): Promise<void> {
  const { source } = context;
  const sealed = await rowsOf<{ from: string; to: string; hash: string }>(
    context,
    `select k.old_key as from, v.key as to, v.hash from login.verifiers v join rekeys k on k.new_key = v.key
     where v.source = $1 and v.is_foreign`,
    [source],
  );
  if (sealed.length === 0 || context.passwordSeal === null) return;
  const seal = await context.passwordSeal();
  const anew = sealed.map(
    ({ from, to, hash }) => seal.sealAnew(hash, { source, key: from }, { source, key: to }) ?? hash,
  );
  await affected(
    context,
    `update login.verifiers v set hash = s.hash from unnest($2::text[], $3::text[]) as s (key, hash)
     where v.source = $1 and v.key = s.key`,
    [source, sealed.map(({ to }) => to), anew],
  );
}

/** `$2` is the stream's name, `$3` the names of its children. */
const STATED_BY_IT = "(starts_with(t.origin, $2 || '.') or t.origin = any ($3))";

function columnsOf({ stream: { into } }: RekeyRequest): readonly KeyColumn[] {
  return [
    { table: `mirror.${into}`, column: "key" },
    ...(into === "orgs" ? [{ table: "mirror.orgs", column: "parent" }] : []),
    ...LINK_KINDS.flatMap((kind) => [
      ...endsOf(kind, into).map((column) => ({ table: `mirror.${kind}`, column })),
      { table: `mirror.${kind}`, column: "owner_key", where: STATED_BY_IT },
    ]),
    { table: "sync.pins", column: "key", where: `t.entity = '${into}'` },
    ...LINK_KINDS.flatMap((kind) => pinnedEnds(kind, into)),
    { table: "sync.pins", column: "owner", where: STATED_BY_IT },
    ...givenTo(into),
    { table: "sync.absences", column: "key", where: `t.entity = '${into}'` },
    { table: "sync.rejects", column: "record", where: "t.stream = $2 and t.key is not null" },
    { table: "sync.rejects", column: "key", where: "t.stream = $2" },
    { table: "sync.stale_records", column: "key", where: "(t.stream = $2 or t.stream = any ($3))" },
    { table: "sync.raw_records", column: "key", where: "t.stream = $2" },
    ...(into === "roles" ? [{ table: "sync.new_holders", column: "role" }] : []),
    heldIn("key", into, (kind) => LINK_ENDS[kind].left),
    heldIn("related", into, (kind) => LINK_ENDS[kind].right),
    heldIn("scope", into, (kind) => LINK_ENDS[kind].scope),
  ];
}

/** Held changes are still shown, and links among them come to life only when they are let through. */
function heldIn(column: string, into: EntityName, endOf: (kind: LinkKind) => EntityName | null): KeyColumn {
  const named = [...(column === "key" ? [into] : []), ...LINK_KINDS.filter((kind) => endOf(kind) === into)];
  return {
    table: "sync.held_changes",
    column,
    ofSource: "t.run in (select o.run from sync.holds o where o.source = $1)",
    where: named.length === 0 ? "false" : `t.entity in (${quotedList(named)})`,
  };
}

/** Of links that stay undone. */
function pinnedEnds(kind: LinkKind, entity: EntityName): readonly KeyColumn[] {
  const ends = LINK_ENDS[kind];
  return [
    ...(ends.left === entity ? ["key"] : []),
    ...(ends.right === entity ? ["related"] : []),
    ...(ends.scope === entity ? ["scope"] : []),
  ].map((column) => ({ table: "sync.pins", column, where: `t.entity = '${kind}'` }));
}

/** What is kept of logins goes with the person by itself, except the list of people whom the mirror let in. */
function givenTo(entity: EntityName): readonly KeyColumn[] {
  const grants = { users: "user_key", roles: "role_key", orgs: "org_key", permissions: null }[entity];
  return [
    ...(grants === null ? [] : [{ table: "mirror.local_grants", column: grants }]),
    ...(entity === "roles" ? [{ table: "mirror.default_roles", column: "role_key" }] : []),
    ...(entity === "users" ? [{ table: "login.admissions", column: "key" }] : []),
  ];
}

/** The columns of a link that name the entity. */
function endsOf(kind: LinkKind, entity: EntityName): readonly string[] {
  const { left, right, scope } = LINK_COLUMNS[kind];
  const ends = LINK_ENDS[kind];
  return [
    ...(ends.left === entity ? [left] : []),
    ...(ends.right === entity ? [right] : []),
    ...(ends.scope === entity && scope !== null ? [scope] : []),
  ];
}

/** Two may swap their keys, so a key that still belongs to somebody else is reached in two steps. */
async function rename(
  context: StageContext,
  { table, column, where = "true", ofSource = "t.source = $1" }: KeyColumn,
  [stream, children]: readonly [string, readonly string[]],
): Promise<void> {
  const steps: readonly (readonly [from: string, to: string, which: string])[] = [
    ["k.old_key", "k.aside", "k.aside is not null"],
    ["k.old_key", "k.new_key", "k.aside is null"],
    ["k.aside", "k.new_key", "k.aside is not null"],
  ];
  // Not every condition asks for the names; Postgres must know their types all the same.
  for (const [from, to, which] of steps)
    await affected(
      context,
      `update ${table} t set ${column} = ${to} from rekeys k
       where ${ofSource} and t.${column} = ${from} and ${which} and ${where}
         and $2::text is not null and $3::text[] is not null`,
      [context.source, stream, children],
    );
}

/** A link without effect that names the new key already, beside the same one by the old key: one of them is enough. */
async function dropDoubles(context: StageContext, entity: EntityName): Promise<void> {
  for (const kind of LINK_KINDS) {
    const all = [...namingColumns(kind), "origin", "owner_key"];
    for (const column of endsOf(kind, entity)) {
      const others = all.filter((name) => name !== column).map((name) => `t.${name} = d.${name}`);
      await affected(
        context,
        `delete from mirror.${kind} d using mirror.${kind} t, rekeys k
         where d.source = $1 and t.source = $1 and d.${column} = k.new_key and k.aside is null and t.${column} = k.old_key
           and ${others.join(" and ")}`,
        [context.source],
      );
    }
  }
}

/** Links that named the new keys before anybody had them come to life. */
async function healLinks(
  context: StageContext,
  kind: LinkKind,
  entity: EntityName,
  { actor, reason }: RekeyRequest,
): Promise<void> {
  const { left, right, scope } = LINK_COLUMNS[kind];
  const ends = LINK_ENDS[kind];
  const touched = endsOf(kind, entity).filter((column) => column !== scope);
  if (touched.length === 0) return;
  const lives = (end: EntityName, column: string): string =>
    `exists (select from mirror.${end} m where m.source = $1 and m.key = t.${column} and m.tombstoned_at is null)`;
  await context.client.query(
    `with healed as (
       update mirror.${kind} t set effective = true, since = sync.moment(), last_run = $2
       where t.source = $1 and not t.effective and ${lives(ends.left, left)} and ${lives(ends.right, right)}
         and (${touched.map((column) => `t.${column} in (select new_key from rekeys)`).join(" or ")})
         and not exists (
           select from sync.held_changes h join sync.holds o on o.run = h.run
           where o.source = $1 and h.entity = '${kind}' and h.cause = 'end-returned' and h.key = t.${left} and h.related = t.${right}
             and h.scope = ${scopeOf(kind, "t")})
       returning t.*
     )
     insert into audit.entries (at, run, source, entity, key, related, scope, origin, owner, kind, cause, actor, reason)
     select sync.moment(), $2, $1, '${kind}', ${left}, ${right}, ${scopeOf(kind, "healed")}, origin, ${statedBy("origin", "owner_key")},
            'grant', 'end-returned', $3, $4
     from healed`,
    [context.source, context.run, actor, reason],
  );
}

/** The value that an org's parent is not to get is a key as well. */
const renamePinnedParents = (context: StageContext): Promise<number> =>
  affected(
    context,
    `update sync.pins p set value = to_jsonb(k.new_key) from rekeys k
     where p.source = $1 and p.entity = 'orgs' and p.field = 'parent' and p.value = to_jsonb(k.old_key)`,
    [context.source],
  );

/** What says old keys and is made anew by the next run: raw records read under them, and holds, which are bound to their set. */
async function forgetRest(context: StageContext, { stream }: RekeyRequest): Promise<void> {
  const { source } = context;
  await affected(
    context,
    `delete from sync.raw_records r using rekeys k
     where r.source = $1 and r.stream <> $2
       and ((r.parent_stream = $2 and r.parent = k.old_key) or ($3 = 'users' and r.person = k.old_key))`,
    [source, stream.name, stream.into],
  );
  if (stream.into === "users")
    await affected(
      context,
      `update sync.raw_records r set person = k.new_key from rekeys k
       where r.source = $1 and r.stream = $2 and r.person = k.old_key and r.key = k.new_key`,
      [source, stream.name],
    );
  await affected(
    context,
    `update sync.holds h set state = 'replaced', decided_at = coalesce(decided_at, sync.moment())
     where h.source = $1 and h.state in ('open', 'released', 'rejected')
       and exists (
         select from sync.held_changes c
         where c.run = h.run and (c.key in (select new_key from rekeys) or c.related in (select new_key from rekeys)
           or c.scope in (select new_key from rekeys)))`,
    [source],
  );
}

/** The new expression is the one the mirror is kept by; what else the mapping says is for the next run to take over. */
export async function acceptKey(context: StageContext, { version, known, actor }: RekeyRequest): Promise<void> {
  await context.client.query(
    `insert into sync.mappings (source, stream, entity, run, at, actor, fingerprint, key_fingerprint, key, last_run)
     values ($1, $2, $3, $4, sync.moment(), $5, $6, $7, $8, $4)`,
    [
      context.source,
      version.stream,
      version.into,
      context.run,
      actor,
      known.fingerprint,
      version.key?.fingerprint,
      JSON.stringify(version.key),
    ],
  );
}
