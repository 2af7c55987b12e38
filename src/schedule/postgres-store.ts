import {
  assertSchemaCompatibility,
  LATEST_SCHEMA_VERSION,
  type PostgresConnection,
  type PostgresConnectionOptions,
  type PostgresPoolConfig,
  type PostgresQueueBackend,
  Queue,
  QueueEvents,
  runMigrations,
  SchemaMigrationRequiredError,
  SchemaVersionMismatchError,
} from "bullmq";
import { Failure } from "../domain/errors";
import type { Log } from "../domain/log";
import { within } from "../domain/within";
import { connectCalmly, sharingBackends } from "./calm-postgres-backend";
import { PatientWorker } from "./patient-worker";
import { ANSWER_TIMEOUT, EVENT_POLL_INTERVAL, EVENTS_KEPT, type QueueStore } from "./queue-store";
import { queueUnreachable } from "./queue-unreachable";
import { watchReach } from "./watch-reach";

const SCHEMA = "queue";

/** At most, of one process, which keeps one of them for its worker or for the run that it follows. Three is usual. */
const SESSIONS = 8;

/** How a pool of the driver's is made, and what it is asked, is more than BullMQ's type of it knows. */
interface PoolTerms {
  readonly connectionString?: string;
  readonly onConnect?: (session: Session) => Promise<unknown>;
}

interface Session {
  query(text: string): Promise<unknown>;
}

interface DriverPool {
  query(question: {
    readonly text: string;
    readonly values: readonly unknown[];
    /** Milliseconds. */
    readonly query_timeout: number;
  }): Promise<{ readonly rows: readonly Readonly<Record<string, string>>[] }>;
}

/**
 * The queue in the schema `queue` of our own Postgres, made or brought up to date when it has to be. When this server goes
 * away, so does the mirror, which ends the run by itself; so `lost` is never aborted here.
 * @param options.pool a pg pool configuration: `connectionString`, or `host` (a folder, for a unix socket), `user` …
 * @param options.embedded whether we started that server ourselves
 * @param options.lasting tells when the server is out of reach and when it is back
 * @throws Failure DB020 when Postgres is out of reach, DB022 when a newer Understudy has changed the schema
 */
export async function openPostgresStore(options: {
  readonly pool: PoolTerms;
  readonly embedded: boolean;
  readonly lasting: boolean;
  readonly log: Log;
}): Promise<QueueStore> {
  const { log } = options;
  const config: PostgresPoolConfig = {
    connectionTimeoutMillis: 5_000,
    // No statement of the queue takes long; a server that does not answer must not be waited for without end.
    query_timeout: 10_000,
    keepAlive: true,
    // Else a listener whose server is gone without a word waits for two hours, and nobody sees its worker.
    keepAliveInitialDelayMillis: 10_000,
    ...inSchema(options.pool),
    max: SESSIONS,
    schema: SCHEMA,
  };
  const connection = connectCalmly(config);
  const [where, setting] = options.embedded
    ? (["the embedded database", null] as const)
    : (["our own Postgres", "DATABASE_URL"] as const);
  const unreachable = (cause: unknown) => queueUnreachable(where, setting, cause);
  let serverVersion: string;
  try {
    serverVersion = await prepare(connection, config);
  } catch (error) {
    await connection.close();
    throw schemaTooNew(error) ?? unreachable(error);
  }

  const { query, ask, ping, stumbled, close } = openQuestions(connection, { ...options, unreachable });
  connection.on("error", (error) => {
    log.debug("the queue's connection broke", { error });
    stumbled();
  });
  const shared = { connection: config };
  const backends = sharingBackends(connection);
  const heard = <T extends { on(event: "error", listener: (error: Error) => void): unknown }>(part: T): T => {
    part.on("error", stumbled);
    return part;
  };
  return {
    description: `PostgreSQL ${serverVersion}, schema ${SCHEMA} version ${LATEST_SCHEMA_VERSION}`,
    lost: new AbortController().signal,
    openQueue(name, maxLen = EVENTS_KEPT) {
      const queue = new Queue(name, { ...shared, streams: { events: { maxLen } } }, backends);
      return heard(queue);
    },
    openWorker: (name, process, terms) =>
      heard(
        new PatientWorker<PostgresQueueBackend, PostgresConnectionOptions>(
          name,
          process,
          { ...terms, ...shared },
          backends,
        ),
      ),
    openEvents: (name, after) =>
      heard(
        new QueueEvents(
          name,
          { ...shared, autorun: false, lastEventId: after, blockingTimeout: EVENT_POLL_INTERVAL },
          backends,
        ),
      ),
    latestEvent: async (name) => {
      const latest = "SELECT coalesce(max(id), 0)::text AS latest FROM event WHERE queue = $1";
      const { rows } = await query(latest, [name]);
      return rows[0]?.latest ?? "0";
    },
    unreachable,
    ask,
    ping,
    close,
  };
}

type Questions = Pick<QueueStore, "ask" | "ping" | "close"> & {
  readonly query: (text: string, values?: readonly unknown[]) => ReturnType<DriverPool["query"]>;
  /** Something that uses the server failed: in a process that stays, it is looked at and told if it is gone. */
  readonly stumbled: () => void;
};

/** What we ask the server ourselves, over a connection of its own. None of it waits without end. */
function openQuestions(
  connection: PostgresConnection,
  {
    lasting,
    log,
    unreachable,
  }: { readonly lasting: boolean; readonly log: Log; readonly unreachable: QueueStore["unreachable"] },
): Questions {
  let closing = false;
  const pool: DriverPool = connection.pool as PostgresConnection["pool"] & DriverPool;
  /** The driver is told how long we wait: a question that it went on waiting with would never let the pool end. */
  const query = (text: string, values: readonly unknown[] = []) =>
    pool.query({ text, values: [...values], query_timeout: ANSWER_TIMEOUT });
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    try {
      return await within(ANSWER_TIMEOUT, question(), () => new Error("timeout"));
    } catch (error) {
      if (!closing) stumbled();
      throw unreachable(error);
    }
  };
  const ping = () => ask(async () => void (await query("SELECT 1")));
  const reach = lasting ? watchReach(ping, log) : null;
  const stumbled = () => reach?.stumbled();
  return {
    query,
    ask,
    ping,
    stumbled,
    async close() {
      closing = true;
      reach?.stop();
      await connection.close();
    },
  };
}

/**
 * BullMQ says where its tables are by `options` of the connection. A pooler refuses those, and others in DATABASE_URL take their
 * place; so it is said by SQL, and BullMQ's are kept back by an empty word in the address.
 */
function inSchema({ connectionString, onConnect, ...pool }: PoolTerms): PoolTerms {
  const separator = connectionString?.includes("?") ? "&" : "?";
  const keepsBack = connectionString?.includes("options=") ? "" : `${separator}options=`;
  return {
    ...pool,
    ...(connectionString !== undefined && { connectionString: `${connectionString}${keepsBack}` }),
    async onConnect(session) {
      await onConnect?.(session);
      await session.query(`SET search_path TO ${SCHEMA}`);
    },
  };
}

/** BullMQ does not migrate by itself. Asks first, since the migration wants rights that a running service need not have. */
async function prepare(connection: PostgresConnection, config: PostgresPoolConfig): Promise<string> {
  const client = await connection.pool.connect();
  try {
    const version = await assertSchemaCompatibility(client, SCHEMA).catch((error) => {
      if (error instanceof SchemaMigrationRequiredError) return 0;
      throw error;
    });
    if (version < LATEST_SCHEMA_VERSION) await bringUpToDate(config);
    const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
    return rows[0]?.server_version ?? "unknown";
  } finally {
    client.release();
  }
}

/** Takes the time it takes, also that of another process which is at it. */
async function bringUpToDate({ query_timeout: _, ...patient }: PostgresPoolConfig): Promise<void> {
  const connection = connectCalmly(patient);
  try {
    const client = await connection.pool.connect();
    await runMigrations(client, SCHEMA).finally(() => client.release());
  } finally {
    await connection.close();
  }
}

function schemaTooNew(error: unknown): Failure | null {
  if (!(error instanceof SchemaVersionMismatchError)) return null;
  return new Failure("DB022", "the queue's tables were made by a newer Understudy, which this one cannot work with", {
    fix: "run the newer version here too",
    cause: error,
  });
}
