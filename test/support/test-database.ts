import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Client } from "pg";
import { silentLog } from "../../src/domain/log";
import { type Database, openDatabase } from "../../src/mirror/database";
import { ensureEmbeddedServer } from "../../src/mirror/embedded/ensure-embedded-server";
import { migrate } from "../../src/mirror/migrate";
import { atEndOfFile } from "./at-end-of-file";
import { databasePrefix, runFolder, SERVER_URL } from "./test-run";

export interface TestDatabase {
  /** Good as DATABASE_URL, also of another process. */
  readonly url: string;
  readonly database: Database;
  /** Closes `database` and removes it from the server, whoever else is still connected. */
  drop(): Promise<void>;
}

const MIGRATIONS = join(__dirname, "..", "..", "migrations");
/** Copies of one template exclude each other in Postgres. */
const TEMPLATE_LOCK = 0x756e;

/** A database that the run makes once, for others to be copies of. */
export interface Template {
  readonly name: string;
  /** What it is a copy of itself; null for a database without any schema. */
  readonly base: Template | null;
  readonly fill: (database: Database, url: string) => Promise<void>;
}

export const MIGRATED: Template = {
  name: "migrated",
  base: null,
  fill: async (database) => void (await migrate(database, { directory: MIGRATIONS })),
};

/** A database of its own. Without a template it has no schema. */
export async function createTestDatabase(template: Template | null = MIGRATED): Promise<TestDatabase> {
  const server = await testServer();
  const name = `${databasePrefix(runFolder())}_${randomBytes(6).toString("hex")}`;
  await alone(server, async () => {
    await server.admin.query(
      `CREATE DATABASE "${name}" TEMPLATE "${await ensureTemplate(template, server)}" ${server.strategy}`,
    );
  });
  const database = await openDatabase({ url: server.urlOf(name), home: runFolder(), log: silentLog });
  const drop = async () => {
    await database.close();
    await alone(server, () => server.admin.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
  };
  return { url: server.urlOf(name), database, drop };
}

interface TestServer {
  readonly admin: Client;
  readonly urlOf: (database: string) => string;
  /** How it copies databases; by files takes half as long as by its log, and older servers know no such words. */
  readonly strategy: "STRATEGY file_copy" | "";
}

let server: Promise<TestServer> | null = null;

/** One for all databases of a test file: to enter and to leave it for each would cost more than to make and to drop them. */
function testServer(): Promise<TestServer> {
  server ??= openTestServer();
  return server;
}

async function openTestServer(): Promise<TestServer> {
  const given = process.env[SERVER_URL];
  if (given !== undefined) {
    const urlOf = (database: string) => Object.assign(new URL(given), { pathname: `/${database}` }).toString();
    const admin = await connectAdmin(given);
    atEndOfFile(() => admin.end());
    return { admin, urlOf, strategy: "" };
  }
  const { host, user, password, release } = await ensureEmbeddedServer({
    home: runFolder(),
    fsync: false,
    log: silentLog,
  });
  const urlOf = (database: string) => `postgresql://${user}:${password}@localhost/${database}?host=${host}`;
  const admin = await connectAdmin(urlOf("postgres"));
  atEndOfFile(async () => {
    await admin.end();
    await release();
  });
  return { admin, urlOf, strategy: "STRATEGY file_copy" };
}

async function connectAdmin(url: string): Promise<Client> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  return admin;
}

/** A test may make several databases at once. */
let last: Promise<unknown> = Promise.resolve();

function alone({ admin }: TestServer, work: () => Promise<unknown>): Promise<void> {
  const mine = last.then(async () => {
    await admin.query("SELECT pg_advisory_lock($1)", [TEMPLATE_LOCK]);
    try {
      await work();
    } finally {
      await admin.query("SELECT pg_advisory_unlock($1)", [TEMPLATE_LOCK]);
    }
  });
  last = mine.catch(() => undefined);
  return mine;
}

async function ensureTemplate(template: Template | null, server: TestServer): Promise<string> {
  if (template === null) return "template0";
  const { admin } = server;
  const name = `${databasePrefix(runFolder())}_${template.name}`;
  const found = await admin.query("SELECT datistemplate FROM pg_database WHERE datname = $1", [name]);
  if (found.rows[0]?.datistemplate === true) return name;
  // One that is there but is no template yet was left by a worker that died over it.
  await admin.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  const base = await ensureTemplate(template.base, server);
  await admin.query(`CREATE DATABASE "${name}" TEMPLATE "${base}" ${server.strategy}`);
  const database = await openDatabase({ url: server.urlOf(name), home: runFolder(), log: silentLog });
  try {
    await template.fill(database, server.urlOf(name));
  } finally {
    await database.close();
  }
  await admin.query(`ALTER DATABASE "${name}" IS_TEMPLATE true`);
  return name;
}
