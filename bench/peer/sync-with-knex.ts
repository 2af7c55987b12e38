/**
 * The peer: what a competent engineer writes in a day with knex, JSONata and AJV to do the same work as the bench's job, into
 * the same tables. It is meant to be fair: the expression and the schema are compiled once, a page of 1,000 is a batch, a batch
 * is one transaction, only rows that are new or differ are written, and every statement is set-wise.
 *
 * What it lacks is not measured against it: proofs of completeness, safeguards, holds, a fence, resuming, swapped names.
 */
import { isDeepStrictEqual } from "node:util";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import jsonata from "jsonata";
import type { Knex } from "knex";

export interface PeerRun {
  readonly knex: Knex;
  readonly baseUrl: string;
  readonly source: string;
  readonly run: number;
}

export interface PeerOutcome {
  readonly created: number;
  readonly updated: number;
  readonly gone: number;
  readonly rejected: number;
}

const PAGE_SIZE = 1000;
/** Who states the links, as the mirror names it. */
const ORIGIN = "users.roles";

const COLUMNS = [
  "username",
  "status",
  "email",
  "display_name",
  "given_name",
  "family_name",
  "phone",
  "title",
  "locale",
  "timezone",
  "valid_from",
  "changed_at",
] as const;
type Column = (typeof COLUMNS)[number];

interface User extends Partial<Record<Column, string>> {
  readonly key: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly roles: readonly string[];
}

interface UserRow extends Record<Column, string | Date | null> {
  readonly key: string;
  readonly version: string | number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly tombstoned_at: Date | null;
}

const toUser = jsonata(`(
  $login := $lowercase($trim(profile.login));
  {
    "key": id,
    "username": $login,
    "status": status = "ACTIVE" ? "active" : status = "SUSPENDED" ? "locked" : "disabled",
    "email": $lowercase(profile.email),
    "display_name": profile.displayName ? profile.displayName : $join([profile.firstName, profile.lastName], " "),
    "given_name": profile.firstName,
    "family_name": profile.lastName,
    "phone": profile.phone,
    "title": profile.title,
    "locale": profile.locale,
    "timezone": profile.timezone,
    "valid_from": validFrom,
    "changed_at": lastUpdated,
    "roles": [roles.id],
    "attributes": { "department": profile.department }
  }
)`);

const ajv = new Ajv();
addFormats(ajv, ["email", "date", "date-time"]);
const text = { type: "string" };
const time = { type: "string", anyOf: [{ format: "date" }, { format: "date-time" }] };
const isUser = ajv.compile<User>({
  type: "object",
  required: ["key", "username", "status", "roles", "attributes"],
  additionalProperties: false,
  properties: {
    ...Object.fromEntries(COLUMNS.map((column) => [column, text])),
    key: { type: "string", minLength: 1 },
    username: { type: "string", minLength: 1 },
    status: { enum: ["active", "locked", "disabled"] },
    email: { type: "string", format: "email" },
    valid_from: time,
    changed_at: time,
    roles: { type: "array", items: { type: "string", minLength: 1 } },
    attributes: { type: "object" },
  },
});

/** Reads everything, writes what changed with its audit, and marks who is gone. */
export async function syncWithKnex(peer: PeerRun): Promise<PeerOutcome> {
  const { knex, baseUrl } = peer;
  const seen = new Set<string>();
  const outcome = { created: 0, updated: 0, gone: 0, rejected: 0 };
  await knex.raw("select audit.ensure_month(now())");
  await syncRoles(peer);
  for (let page = 1, read = 0, total = 1; read < total; page += 1) {
    const body = await getJson<{ users: unknown[]; total: number }>(`${baseUrl}/users?size=${PAGE_SIZE}&page=${page}`);
    total = body.total;
    read += body.users.length;
    const users: User[] = [];
    for (const record of body.users) {
      const user: unknown = await toUser.evaluate(record);
      if (isUser(user)) users.push(user);
      else outcome.rejected += 1;
    }
    for (const { key } of users) seen.add(key);
    const { created, updated } = await knex.transaction((trx) => writeUsers(trx, peer, users));
    outcome.created += created;
    outcome.updated += updated;
    if (body.users.length === 0 && read < total) throw new Error(`the list ended after ${read} of ${total}`);
  }
  outcome.gone = await tombstone(peer, seen);
  return outcome;
}

async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}

/** A few dozen: written when they are new. */
async function syncRoles({ knex, baseUrl, source, run }: PeerRun): Promise<void> {
  const { roles } = await getJson<{ roles: { id: string; name: string }[] }>(`${baseUrl}/roles`);
  await knex.transaction(async (trx) => {
    const known = new Set(await trx("mirror.roles").where({ source }).pluck("key"));
    const added = roles.filter(({ id }) => !known.has(id));
    if (added.length === 0) return;
    const now = trx.fn.now();
    await trx("mirror.roles").insert(
      added.map(({ id, name }) => ({ source, key: id, name, created_at: now, updated_at: now, last_run: run })),
    );
    await trx("audit.entries").insert(
      added.map(({ id, name }) => auditRow({ source, run }, "roles", id, "create", { new: { name } })),
    );
  });
}

/** One batch: compares it with the rows that are there, and writes users, links and audit. */
async function writeUsers(trx: Knex, peer: PeerRun, users: readonly User[]) {
  const { source, run } = peer;
  const keys = users.map(({ key }) => key);
  const rows: UserRow[] = await trx("mirror.users")
    .select("key", "version", "attributes", "tombstoned_at", ...COLUMNS)
    .where({ source })
    .whereIn("key", keys);
  const existing = new Map(rows.map((row) => [row.key, row]));
  const changed = users.flatMap((user) => {
    const row = existing.get(user.key);
    const difference = compare(row, user);
    return difference === null ? [] : [{ user, row, difference }];
  });
  if (changed.length > 0) {
    const now = trx.fn.now();
    await trx("mirror.users")
      .insert(
        changed.map(({ user: { roles: _, ...columns }, row }) => ({
          source,
          ...columns,
          realm: source,
          version: Number(row?.version ?? 0) + 1,
          created_at: now,
          updated_at: now,
          last_run: run,
          tombstoned_at: null,
        })),
      )
      .onConflict(["source", "key"])
      .merge([...COLUMNS, "attributes", "version", "updated_at", "last_run", "tombstoned_at"]);
    await trx("audit.entries").insert(
      changed.map(({ user, row, difference }) => {
        const kind = row === undefined ? "create" : row.tombstoned_at === null ? "update" : "restore";
        return auditRow(peer, "users", user.key, kind, difference);
      }),
    );
  }
  await writeLinks(trx, peer, users);
  const created = changed.filter(({ row }) => row === undefined).length;
  return { created, updated: changed.length - created };
}

/** The roles of a batch's users: grants those that are new and revokes those no longer stated. */
async function writeLinks(trx: Knex, peer: PeerRun, users: readonly User[]): Promise<void> {
  const { source, run } = peer;
  const keys = users.map(({ key }) => key);
  const links: { user_key: string; role_key: string }[] = await trx("mirror.user_roles")
    .select("user_key", "role_key")
    .where({ source, origin: ORIGIN, effective: true })
    .whereIn("user_key", keys);
  const nameOf = (user: string, role: string): string => `${user}\n${role}`;
  const stated = new Map(
    users.flatMap(({ key, roles }) => roles.map((role) => [nameOf(key, role), { user: key, role }])),
  );
  const revoked = links.filter(({ user_key, role_key }) => !stated.delete(nameOf(user_key, role_key)));
  const granted = [...stated.values()];
  if (granted.length > 0) {
    const now = trx.fn.now();
    await trx("mirror.user_roles")
      .insert(
        granted.map(({ user, role }) => ({
          source,
          user_key: user,
          role_key: role,
          origin: ORIGIN,
          owner_key: user,
          effective: true,
          since: now,
          last_run: run,
        })),
      )
      .onConflict(["source", "user_key", "role_key", "org_key", "origin", "owner_key"])
      .merge(["effective", "since", "last_run"]);
    await trx("audit.entries").insert(
      granted.map(({ user, role }) => auditRow(peer, "user_roles", user, "grant", { related: role })),
    );
  }
  if (revoked.length === 0) return;
  await trx("mirror.user_roles")
    .where({ source, origin: ORIGIN })
    .whereIn(
      ["user_key", "role_key"],
      revoked.map(({ user_key, role_key }) => [user_key, role_key]),
    )
    .delete();
  await trx("audit.entries").insert(
    revoked.map(({ user_key, role_key }) => auditRow(peer, "user_roles", user_key, "revoke", { related: role_key })),
  );
}

/** Who is there and was not seen: marked, with the roles that end by it. */
async function tombstone(peer: PeerRun, seen: ReadonlySet<string>): Promise<number> {
  const { knex, source, run } = peer;
  const live: string[] = await knex("mirror.users").where({ source }).whereNull("tombstoned_at").pluck("key");
  const gone = live.filter((key) => !seen.has(key));
  for (let first = 0; first < gone.length; first += PAGE_SIZE) {
    const keys = gone.slice(first, first + PAGE_SIZE);
    await knex.transaction(async (trx) => {
      const now = trx.fn.now();
      await trx("mirror.users")
        .where({ source })
        .whereIn("key", keys)
        .update({ tombstoned_at: now, updated_at: now, version: trx.raw("version + 1"), last_run: run });
      const ended: { user_key: string; role_key: string }[] = await trx("mirror.user_roles")
        .where({ source, effective: true })
        .whereIn("user_key", keys)
        .update({ effective: false, since: now, last_run: run })
        .returning(["user_key", "role_key"]);
      await trx("audit.entries").insert([
        ...keys.map((key) => auditRow(peer, "users", key, "tombstone", {})),
        ...ended.map((link) => auditRow(peer, "user_roles", link.user_key, "revoke", { related: link.role_key })),
      ]);
    });
  }
  return gone.length;
}

interface Difference {
  readonly old?: Readonly<Record<string, unknown>>;
  readonly new?: Readonly<Record<string, unknown>>;
}

/** What is to be written, and told by the audit; null when the row is as it should be. */
function compare(row: UserRow | undefined, user: User): Difference | null {
  if (row === undefined) {
    const { key: _key, roles: _roles, ...fields } = user;
    return { new: fields };
  }
  const before: Record<string, unknown> = {};
  const after: Record<string, unknown> = {};
  for (const column of COLUMNS) {
    const [old, value] = [row[column], user[column] ?? null];
    if (isSame(old, value)) continue;
    before[column] = old;
    after[column] = value;
  }
  // What JSONata makes has no prototype, which would count as a difference.
  if (!isDeepStrictEqual(row.attributes, { ...user.attributes })) {
    before.attributes = row.attributes;
    after.attributes = user.attributes;
  }
  const isLive = row.tombstoned_at === null;
  return isLive && Object.keys(after).length === 0 ? null : { old: before, new: after };
}

/** Times come from the database as dates. */
function isSame(old: string | Date | null, value: string | null): boolean {
  if (old instanceof Date) return value !== null && old.getTime() === Date.parse(value);
  return old === value;
}

function auditRow(
  { source, run }: Pick<PeerRun, "source" | "run">,
  entity: string,
  key: string,
  kind: string,
  { related, old, new: fresh }: Difference & { readonly related?: string },
) {
  return {
    at: new Date(),
    run,
    source,
    entity,
    key,
    related: related ?? "",
    kind,
    origin: related === undefined ? "" : ORIGIN,
    old,
    new: fresh,
    cause: "upstream",
    actor: "peer",
  };
}
