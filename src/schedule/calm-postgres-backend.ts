import { setTimeout as delay } from "node:timers/promises";
import { type BackendFactory, PostgresConnection, type PostgresConnectionOptions, PostgresQueueBackend } from "bullmq";

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

/**
 * Connects as BullMQ does. A session that breaks off while it is lent emits an event; without a listener it would end
 * the process. The next question to that session fails all the same.
 */
export function connectCalmly(options: PostgresConnectionOptions): PostgresConnection {
  const connection = new PostgresConnection(options);
  connection.pool.on("connect", (client) => void client.on("error", () => undefined));
  return connection;
}

/** As BullMQ's own factory. Workers and listeners name their session, so that they are seen by others. */
export const createCalmBackend: BackendFactory<CalmPostgresBackend, PostgresConnectionOptions> = (
  name,
  options,
  { blocking = false, withBlockingConnection = false } = {},
) => {
  const listener = withBlockingConnection ? name : blocking ? `${name}:qe` : undefined;
  return new CalmPostgresBackend(connectCalmly(options.connection), name, options, true, listener);
};
