import type { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { type BackendFactory, PostgresConnection, type PostgresConnectionOptions, PostgresQueueBackend } from "bullmq";
import { within } from "../domain/within";

/** Milliseconds. */
const POLL_INTERVAL = 500;

/** BullMQ's Postgres backend, which does not rest while it should. */
class CalmPostgresBackend extends PostgresQueueBackend {
  /** After a stumble BullMQ would rely for an hour on being notified. */
  override get maximumBlockTimeout(): number {
    return 10;
  }

  /**
   * BullMQ wakes a worker for every job that waits, also while as many are worked on as may be: it would ask for the job again
   * and again without a pause, some thousand times a second.
   */
  override async waitForJob(blockTimeout: number): ReturnType<PostgresQueueBackend["waitForJob"]> {
    if (!(await this.isMaxed())) return super.waitForJob(blockTimeout);
    await delay(POLL_INTERVAL);
    return null;
  }
}

/** How BullMQ asks for the backend of a queue, a worker or a listener to events. */
export type CalmBackends = BackendFactory<CalmPostgresBackend, PostgresConnectionOptions>;

/**
 * Connects as BullMQ does. A session that breaks off while it is lent emits an event; without a listener it would end
 * the process. The next question to that session fails all the same.
 */
export function connectCalmly(options: PostgresConnectionOptions): PostgresConnection {
  const connection = new PostgresConnection(options);
  // Every worker that shares the pool listens to it for as long as it is there.
  (connection.pool as typeof connection.pool & EventEmitter).setMaxListeners(0);
  connection.pool.on("connect", (client) => void client.on("error", () => undefined));
  return connection;
}

/** How long a session that is ended may take to be gone, in milliseconds; of a server that hangs it is never told. */
const FAREWELL = 1_000;

/** Whoever listens keeps a session of the pool; BullMQ takes another schema for granted where it is given a pool. */
class ListeningConnection extends PostgresConnection {
  #listener: ReturnType<PostgresConnection["getListenClient"]> | null = null;

  constructor(
    pool: PostgresConnection["pool"],
    override readonly schema: string,
  ) {
    super(pool);
  }

  override getListenClient(): ReturnType<PostgresConnection["getListenClient"]> {
    this.#listener = super.getListenClient();
    return this.#listener;
  }

  /** BullMQ ends a session of a pool without waiting for it, and a worker counts as alive for as long as its session is there. */
  override async close(): Promise<void> {
    const listener = await this.#listener?.catch(() => null);
    const gone = listener ? isRemoved(this.pool, listener) : Promise.resolve();
    await super.close();
    await within(FAREWELL, gone, () => null).catch(() => undefined);
  }
}

const isRemoved = (pool: PostgresConnection["pool"], ended: object): Promise<void> =>
  new Promise((resolve) => {
    const hear = (client: object): void => {
      if (client !== ended) return;
      (pool as typeof pool & EventEmitter).off("remove", hear);
      resolve();
    };
    (pool as typeof pool & EventEmitter).on("remove", hear);
  });

/**
 * Backends that share the sessions of one connection: a session costs more than all that a run asks of its queue. Workers and
 * listeners keep one each, and name it, so that they are seen by others.
 */
export const sharingBackends =
  (connection: PostgresConnection): CalmBackends =>
  (name, options, { blocking = false, withBlockingConnection = false } = {}) => {
    const listener = withBlockingConnection ? name : blocking ? `${name}:qe` : undefined;
    if (listener === undefined) return new CalmPostgresBackend(connection, name, options, false);
    const listening = new ListeningConnection(connection.pool, connection.schema);
    return new CalmPostgresBackend(listening, name, options, true, listener);
  };
