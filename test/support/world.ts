/**
 * A small customer with a real HTTP API, real files and a real database, and runs against it, without the queue and the
 * command line:
 *
 *     const world = await startWorld();
 *     world.users.push({ id: "u4", login: "dora", state: "on" });
 *     const report = await world.sync();
 *     ...
 *     await world.close();
 */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { QueryResultRow } from "pg";
import type { EntityCounts, LinkCounts, RunReport } from "../../src/domain/runs";
import type { Database } from "../../src/mirror/database";
import { createRunner, type RunChoices } from "./create-runner";
import { makeTempDir } from "./temp-dir";
import { createTestDatabase, MIGRATED, type Template, type TestDatabase } from "./test-database";
import type { List } from "./upstream-list";
import { startUpstreamServer, type UpstreamServer } from "./upstream-server";

export interface Person {
  id: unknown;
  login?: unknown;
  state?: string;
  name?: unknown;
  orgs?: string[];
  roles?: unknown[];
  [more: string]: unknown;
}

export interface World {
  readonly upstream: UpstreamServer;
  readonly database: Database;
  /** Of the database, for other processes. */
  readonly databaseUrl: string;
  readonly home: string;
  /** What the customer's system holds; change it as you like. */
  users: Person[];
  roles: { id: string; name: string; permissions?: string[]; privileged?: boolean }[];
  permissions: { id: string; name: string }[];
  orgs: { id: string; name: string; parent?: string | null }[];
  /** For faults on its pages. */
  readonly usersList: List;
  readonly rolesList: List;
  sync(choices?: RunChoices): Promise<RunReport>;
  plan(choices?: RunChoices): Promise<RunReport>;
  sql<R extends QueryResultRow>(query: string, parameters?: readonly unknown[]): Promise<readonly R[]>;
  /** Everything the mirror says, without times and run numbers. */
  dump(): Promise<unknown>;
  write(file: string, text: string): Promise<void>;
  close(): Promise<void>;
}

export const JOB = `
source: acme
baseUrl: \${UPSTREAM_URL}
auth: { kind: none }
http: { allowPrivate: true, concurrency: 4, timeout: 5s, retry: { on: [429], backoff: 1ms..2ms, budget: 1s } }
entities:
  orgs: { get: /orgs, records: items, deletes: sweep-now }
  permissions: { get: /permissions, records: items, deletes: sweep-now }
  roles: { get: /roles, records: items, page: { number: page, size: limit=50, total: total }, deletes: sweep-now }
  users:
    get: /users
    one: /users/{key}
    records: items
    page: { offset: offset, size: limit=10, total: total }
    deletes: [sweep, 'state = "purged"']
`;

export const USERS = `
into: users
key: id
skip: state = "staged"
fields:
  username: { from: login, required: true }
  status: { from: state, map: { on: active, off: disabled, _: disabled } }
  display_name: name
  email: { from: email, type: email, pii: true }
  orgs: { from: orgs, type: list }
  roles: { from: roles, type: list }
attributes:
  department: department
`;

const MAPPINGS: Readonly<Record<string, string>> = {
  orgs: "into: orgs\nkey: id\nfields:\n  name: name\n  parent: parent\n",
  permissions: "into: permissions\nkey: id\nfields:\n  name: name\n",
  roles:
    "into: roles\nkey: id\nfields:\n  name: name\n  privileged: privileged\n  permissions: { from: permissions, type: list }\n",
  users: USERS,
};

/** @param files files to write over the usual ones, by path */
export const startWorld = async (files: Readonly<Record<string, string>> = {}): Promise<World> =>
  openWorld(await createTestDatabase(), files);

/**
 * A world as it is after its first sync, which a run of the tests works once for every set of files.
 *
 * @param prepare what else its customer's system answers
 */
export async function startSyncedWorld(
  files: Readonly<Record<string, string>> = {},
  prepare: (world: World) => void = () => undefined,
): Promise<World> {
  const synced: Template = {
    name: `synced_${createHash("sha256")
      .update(JSON.stringify([files, prepare.toString()]))
      .digest("hex")
      .slice(0, 12)}`,
    base: MIGRATED,
    async fill(database, url) {
      const first = await openWorld({ database, url, drop: async () => undefined }, files);
      prepare(first);
      await first.sync();
      await first.close();
    },
  };
  const world = await openWorld(await createTestDatabase(synced), files);
  prepare(world);
  return world;
}

/** @param database migrated */
export async function openWorld(
  { database, url: databaseUrl, drop }: TestDatabase,
  files: Readonly<Record<string, string>> = {},
): Promise<World> {
  const upstream = await startUpstreamServer();
  const { path: home, remove } = await makeTempDir();
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(home, file)), { recursive: true });
    await writeFile(join(home, file), text);
  };
  await write("jobs/acme.yaml", JOB);
  for (const [stream, text] of Object.entries(MAPPINGS)) await write(`mappings/acme/${stream}.yaml`, text);
  for (const [file, text] of Object.entries(files)) await write(file, text);

  const run = createRunner({ database, home, upstreamUrl: upstream.url });
  const sql = async <R extends QueryResultRow>(query: string, parameters: readonly unknown[] = []) =>
    database.withClient(async (client) => (await client.query<R>(query, [...parameters])).rows);

  const world: World = {
    upstream,
    database,
    databaseUrl,
    home,
    users: [
      { id: "u1", login: "ann", state: "on", name: "Ann", orgs: ["o2"], roles: ["r1", "r2"] },
      { id: "u2", login: "bob", state: "on", name: "Bob", orgs: ["o2"], roles: ["r2"] },
      { id: "u3", login: "cem", state: "off", name: "Cem", orgs: ["o1"], roles: [] },
    ],
    roles: [
      { id: "r1", name: "Admin", permissions: ["p1", "p2"], privileged: true },
      { id: "r2", name: "Reader", permissions: ["p1"] },
    ],
    permissions: [
      { id: "p1", name: "read" },
      { id: "p2", name: "write" },
    ],
    orgs: [
      { id: "o1", name: "Head office" },
      { id: "o2", name: "Sales", parent: "o1" },
    ],
    usersList: upstream.serveList("/users", () => world.users, { paging: "offset", pageSize: 10, total: "body" }),
    rolesList: upstream.serveList("/roles", () => world.roles, { paging: "number", pageSize: 50, total: "body" }),
    sync: run,
    plan: (choices) => run({ ...choices, mode: "plan" }),
    sql,
    dump: async () => (await sql<{ dump: unknown }>(DUMP))[0]?.dump,
    write,
    async close() {
      await upstream.close();
      await drop();
      await remove();
    },
  };
  upstream.serveList("/orgs", () => world.orgs);
  upstream.serveList("/permissions", () => world.permissions);
  upstream.on("/users/{id}", ({ params }) => {
    const found = world.users.find((person) => String(person.id) === params.id);
    return found === undefined ? { status: 404, body: { error: "no such user" } } : { body: found };
  });
  return world;
}

/** Fills the world with as many people as asked, `u1` to `u<count>`, all active readers. */
export function crowd(count: number): Person[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `u${index + 1}`,
    login: `user${index + 1}`,
    state: "on",
    name: `User ${index + 1}`,
    orgs: ["o2"],
    roles: ["r2"],
  }));
}

export const recordsOf = (report: RunReport, entity: string): EntityCounts => {
  const counts = report.entities[entity];
  if (counts === undefined || !("fetched" in counts)) throw new Error(`no ${entity} in ${JSON.stringify(report)}`);
  return counts;
};

export const linksOf = (report: RunReport, kind: string): LinkCounts => {
  const counts = report.entities[kind];
  if (counts === undefined || !("granted" in counts)) throw new Error(`no ${kind} in ${JSON.stringify(report)}`);
  return counts;
};

const TABLES = ["users", "roles", "permissions", "orgs", "user_roles", "user_orgs", "role_permissions"];
const DUMP = `select jsonb_build_object(${TABLES.map(
  (table) => `'${table}', (
    select jsonb_agg(said order by said) from (
      select to_jsonb(t) - array['created_at', 'updated_at', 'last_run', 'since', 'tombstoned_at']
        || jsonb_build_object('gone', to_jsonb(t) ->> 'tombstoned_at' is not null) as said
      from mirror.${table} t) rows)`,
).join(", ")}) as dump`;
