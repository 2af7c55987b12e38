import {
  assertSchemaCompatibility,
  createPostgresBackend,
  LATEST_SCHEMA_VERSION,
  PostgresConnection,
  type PostgresPoolConfig,
  Queue,
  runMigrations,
  SchemaMigrationRequiredError,
  SchemaVersionMismatchError,
  Worker,
} from "bullmq";
import { Failure } from "../domain/errors";
import type { Log } from "../domain/log";
import { EVENTS_KEPT, type QueueStore, WORKER_OPTIONS } from "./queue-store";
import { queueUnreachable } from "./queue-unreachable";

const SCHEMA = "queue";

/**
 * The queue in the schema `queue` of our own Postgres, made or brought up to date when it has to be. When this server goes
 * away, so does the mirror, which ends the run by itself; so `lost` is never aborted here.
 * @param options.pool a pg pool configuration: `connectionString`, or `host` (a folder, for a unix socket), `user` …
 * @throws Failure DB020 when Postgres is out of reach, DB022 when a newer Understudy has changed the schema
 */
export async function openPostgresStore(options: { readonly pool: object; readonly log: Log }): Promise<QueueStore> {
  const config: PostgresPoolConfig = { connectionTimeoutMillis: 5_000, ...options.pool, max: 2, schema: SCHEMA };
  const connection = new PostgresConnection(config);
  connection.on("error", (error) => options.log.debug("the queue's connection broke", { error }));
  const unreachable = (cause: unknown) => queueUnreachable("our own Postgres", "DATABASE_URL", cause);
  let serverVersion: string;
  try {
    serverVersion = await prepare(connection);
  } catch (error) {
    await connection.close();
    throw schemaTooNew(error) ?? unreachable(error);
  }
  return {
    description: `PostgreSQL ${serverVersion}, schema ${SCHEMA} version ${LATEST_SCHEMA_VERSION}`,
    lost: new AbortController().signal,
    openQueue: (name) =>
      new Queue(name, { connection: config, streams: { events: { maxLen: EVENTS_KEPT } } }, createPostgresBackend),
    openWorker: (name, process) =>
      new Worker(name, process, { ...WORKER_OPTIONS, connection: config }, createPostgresBackend),
    unreachable,
    ping: async () => {
      await connection.pool.query("SELECT 1");
    },
    close: () => connection.close(),
  };
}

/** BullMQ does not migrate by itself. Asks first, since the migration wants rights that a running service need not have. */
async function prepare(connection: PostgresConnection): Promise<string> {
  const client = await connection.pool.connect();
  try {
    const version = await assertSchemaCompatibility(client, SCHEMA).catch((error) => {
      if (error instanceof SchemaMigrationRequiredError) return 0;
      throw error;
    });
    if (version < LATEST_SCHEMA_VERSION) await runMigrations(client, SCHEMA);
    const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
    return rows[0]?.server_version ?? "unknown";
  } finally {
    client.release();
  }
}

function schemaTooNew(error: unknown): Failure | null {
  if (!(error instanceof SchemaVersionMismatchError)) return null;
  return new Failure("DB022", "the queue's tables were made by a newer Understudy, which this one cannot work with", {
    fix: "run the newer version here too",
    cause: error,
  });
}
