import { isNativeError } from "node:util/types";
import knex, { type Knex } from "knex";
import { Client, type ClientBase, Pool, type PoolClient, type PoolConfig, types } from "pg";
import { Failure } from "../domain/errors";
import type { Log } from "../domain/log";
import { asDatabaseFailure, embeddedIn } from "./database-failure";
import { ensureEmbeddedServer } from "./embedded/ensure-embedded-server";
import { ALL_SOURCES, sourceAskedAbout } from "./one-source";
import { GROUPS } from "./role-names";
import { SESSION_SETTINGS } from "./session-settings";
import { inTransaction } from "./transaction";
import { SessionWatch } from "./watch-sessions";

export interface DatabaseOptions {
  /** DATABASE_URL; null means the embedded server of `home`. */
  readonly url: string | null;
  /** The folder worked in. */
  readonly home: string;
  readonly log: Log;
  /** Connections at most, at least 2. */
  readonly connections?: number;
  /** Milliseconds after which a session that waits and hears nothing is looked at; 5 s when not given. */
  readonly lookEvery?: number;
}

export interface Database {
  /** Builds and runs queries on the same pool as `withClient`. What it throws when the server is lost is `pg`'s: see `asDatabaseFailure`. */
  readonly knex: Knex;
  readonly kind: "embedded" | "server";
  /** For messages: host, port and database, and which of our roles if it is one; no user and no password. */
  readonly where: string;
  /** May ask about one person at a time, and lists nobody (decision 0042). */
  readonly isLoginReader: boolean;
  /** As the server says it, e.g. `18.4`. */
  readonly serverVersion: string;
  /** For others who open connections of their own. Holds the password. */
  readonly poolConfig: PoolConfig;
  /**
   * Lends a connection, for COPY and for sessions. What `fn` changes in the session (locks, settings) it undoes; after an
   * error the connection is closed instead of being used again.
   *
   * @throws what `fn` throws; Failure DB001 when the connection is lost
   */
  withClient<T>(fn: (client: PoolClient) => Promise<T>): Promise<T>;
  /**
   * Lends a connection until it is released; null while half of them are lent, so that nobody waits for what another could do
   * without.
   *
   * @throws Failure DB001 when there is no way to the server
   */
  lendSpare(): Promise<PoolClient | null>;
  /** BEGIN, `fn`, COMMIT; ROLLBACK when `fn` throws. */
  transaction<T>(fn: (client: PoolClient) => Promise<T>): Promise<T>;
  /** Waits for borrowed connections; the embedded server ends soon after its last user. */
  close(): Promise<void>;
}

const OLDEST_SERVER = 14;

/**
 * Opens the mirror's database and sees that it can be worked with.
 *
 * Values arrive as: `bigint` a number (text beyond 2^53), `timestamptz` RFC 3339 text in UTC with milliseconds (what that
 * cannot say, such as `infinity`, as Postgres says it), `date` and `numeric` text, `json` and `jsonb` values.
 *
 * @throws Failure DB001 to DB005 and DB011 for a server, DB006 and DB007 for the embedded one
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, home, log, connections = 10 } = options;
  const target = url === null ? await embeddedTarget(home, log) : serverTarget(url);
  const { kind, where: server, connection, release } = target;
  let where = server;
  const most = Math.max(2, connections);
  const watch = new SessionWatch(connection, options.lookEvery);
  const pool = openPool({ ...connection, max: most }, watch, log);
  let isKeptApart = false;
  const narrowed = new WeakMap<PoolClient, string>();
  /** A session sees the source that the work is about, and no longer that of the work before. */
  const lendNarrowed = async (): Promise<PoolClient> => {
    const source = sourceAskedAbout();
    const client = await pool.connect();
    if (!isKeptApart || source === (narrowed.get(client) ?? ALL_SOURCES)) return client;
    try {
      await client.query({ ...NARROW, values: [source] });
    } catch (error) {
      client.release(true);
      throw error;
    }
    narrowed.set(client, source);
    return client;
  };
  let isClosing = false;
  const asking = new Set<Promise<PoolClient>>();
  /** By whatever way a session is lent. */
  const lend = async (): Promise<PoolClient> => {
    if (isClosing) throw asDatabaseFailure(new Error("Cannot use a pool after calling end on the pool"), where);
    const asked = lendNarrowed();
    asking.add(asked);
    return asked.finally(() => asking.delete(asked));
  };
  // Messages of failed queries must not repeat the values in them.
  const connectionPool = { connect: lend } as Pool;
  const builder = knex({ client: "pg", connectionPool, compileSqlOnError: false, log: knexLog(log) });
  const close = async () => {
    isClosing = true;
    // Once closed, the pool forgets who waits for a connection, and knex would give none back.
    await Promise.allSettled(asking);
    await pool.end();
    await builder.destroy();
    watch.close();
    await release();
  };

  const withClient = async <T>(fn: (client: PoolClient) => Promise<T>): Promise<T> => {
    let client: PoolClient | null = null;
    try {
      client = await lend();
      const result = await fn(client);
      client.release();
      return result;
    } catch (error) {
      client?.release(true);
      throw asDatabaseFailure(error, where);
    }
  };

  const lendSpare = async (): Promise<PoolClient | null> => {
    if (pool.totalCount - pool.idleCount >= most / 2) return null;
    try {
      return await lend();
    } catch (error) {
      throw asDatabaseFailure(error, where);
    }
  };

  try {
    const serverVersion = await withClient((client) => versionOf(client, server));
    const roles = await withClient(rolesOf);
    const isLoginReader =
      roles.includes(GROUPS.login) && !roles.includes(GROUPS.writer) && !roles.includes(GROUPS.migrator);
    isKeptApart = roles.length > 0;
    if (isKeptApart) where = `${server} as ${roles.join(" and ")}`;
    const poolConfig = { ...connection, application_name: "understudy queue", onConnect: begin };
    const transaction = <T>(fn: (client: PoolClient) => Promise<T>) =>
      withClient((client) => inTransaction(client, () => fn(client)));
    return {
      knex: builder,
      kind,
      where,
      isLoginReader,
      serverVersion,
      poolConfig,
      withClient,
      lendSpare,
      transaction,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Target {
  readonly kind: Database["kind"];
  readonly where: string;
  readonly connection: PoolConfig;
  readonly release: () => Promise<void>;
}

async function embeddedTarget(home: string, log: Log): Promise<Target> {
  const { host, port, user, password, database, dataDir, release } = await ensureEmbeddedServer({ home, log });
  const connection = { host, port, user, password, database };
  return { kind: "embedded", where: embeddedIn(dataDir), connection, release };
}

function serverTarget(address: string): Target {
  const url = inFull(address);
  try {
    // `pg` reads the text as it will when it connects, with the PG* variables for what is left out.
    const { host, port, database } = new Client({ connectionString: url });
    const server = host.startsWith("/") ? host : `${host}:${port}`;
    const where = `the database ${database ?? ""} at ${server}`;
    return { kind: "server", where, connection: { connectionString: url }, release: async () => undefined };
  } catch (error) {
    if (isNativeError(error) && "path" in error)
      throw new Failure("DB011", `DATABASE_URL names a file that cannot be read: ${error.path}`, {
        fix: "correct sslrootcert=, sslcert= or sslkey= in it, or let this user read the file",
      });
    // The reason would repeat the text, and with it the password.
    throw new Failure("DB011", "DATABASE_URL cannot be read as the address of a PostgreSQL database", {
      fix: "write postgresql://user:password@host:5432/database, with special characters in the password percent-encoded",
    });
  }
}

/** `pg` checks certificates in full whatever of these is written, and would say at length, at every start, that it will not for ever. */
const inFull = (url: string): string =>
  url.includes("uselibpqcompat=")
    ? url
    : url.replace(/(?<=[?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, "verify-full");

/** Milliseconds. One that is not set up by then has no way to the server. */
const BEGIN_TIMEOUT = 10_000;

const NARROW = { text: "select set_config('understudy.source', $1, false)", query_timeout: BEGIN_TIMEOUT };
const BEGIN = { text: SESSION_SETTINGS, query_timeout: BEGIN_TIMEOUT };
const begin = (client: ClientBase) => client.query(BEGIN);

function openPool(connection: PoolConfig, watch: SessionWatch, log: Log): Pool {
  const pool = new Pool({
    ...connection,
    application_name: "understudy",
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // Else a server that is gone without a word is noticed after two hours.
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser: parserOf },
    onConnect: async (client) => {
      await begin(client);
      await watch.begin(client);
    },
  });
  watch.of(pool);
  // A lost connection fails the query at hand; reported as an event without a listener it would end the process.
  const note = (error: Error) => log.debug("a database connection was lost", { reason: error.message });
  pool.on("error", note);
  pool.on("connect", (client) => client.on("error", note));
  return pool;
}

/** As sessions of ours write them: the year 1 to 9999, no zone but UTC. */
const INSTANT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00$/;

/** Not by way of `Date`: what it makes of a form that is not ISO 8601 is its own, and a year below 100 one of our time. */
function instantOf(text: string): string {
  const [, day, time, fraction = ""] = INSTANT.exec(text) ?? [];
  return day === undefined ? text : `${day}T${time}.${fraction.slice(0, 3).padEnd(3, "0")}Z`;
}

const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [types.builtins.INT8]: (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text),
  [types.builtins.TIMESTAMPTZ]: instantOf,
  [types.builtins.DATE]: (text) => text,
};

/** Ours for text, per connection: `pg`'s own parsers are global and others use `pg` too. */
const parserOf: typeof types.getTypeParser = (id: number, format?: "text" | "binary") =>
  (format !== "binary" && PARSERS[id]) || types.getTypeParser(id, format);

/** What knex would print to the console: each is also thrown, or of interest to developers alone. */
function knexLog(log: Log): Knex.Logger {
  const note = (message: unknown) => log.debug("knex", { message: String(message) });
  return { warn: note, error: note, debug: note, deprecate: (method) => note(method) };
}

/** Those of our roles that the session acts by. A superuser acts by none: all is open to them. */
async function rolesOf(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ role: string }>(
    `select r.rolname as role from pg_roles r
     where r.rolname = any ($1) and pg_has_role(current_user, r.oid, 'usage')
       and not (select rolsuper from pg_roles where rolname = current_user)
     order by 1`,
    [Object.values(GROUPS).filter((role) => role !== GROUPS.loader)],
  );
  return rows.map(({ role }) => role);
}

async function versionOf(client: ClientBase, where: string): Promise<string> {
  const { rows } = await client.query<{ number: number; name: string }>(
    "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name",
  );
  const [version] = rows;
  if (version === undefined || version.number < OLDEST_SERVER * 10_000) {
    throw new Failure("DB005", `${where} is PostgreSQL ${version?.name}; ${OLDEST_SERVER} or newer is needed`, {
      fix: "upgrade the server, or unset DATABASE_URL to use the embedded database",
    });
  }
  return version.name;
}
