import { type ConnectionOptions, Queue, QueueEvents, type RedisQueueBackend } from "bullmq";
import { PatientWorker } from "./patient-worker";
import { EVENT_POLL_INTERVAL, EVENTS_KEPT, type QueueStore } from "./queue-store";
import { connectRedis, type RedisOptions } from "./redis-connection";

/**
 * The queue on Redis or Valkey.
 * @throws Failure DB020 when Redis is out of reach, DB021 when it may throw jobs away
 */
export async function openRedisStore(options: RedisOptions): Promise<QueueStore> {
  const { prefix } = options;
  const { client, stumbled, ...connection } = await connectRedis(options);
  return {
    ...connection,
    openQueue: (name, maxLen = EVENTS_KEPT) =>
      new Queue(name, { connection: client, prefix, streams: { events: { maxLen } } }),
    openWorker: (name, process, terms) => {
      const how = { ...terms, connection: client, prefix };
      const worker = new PatientWorker<RedisQueueBackend, ConnectionOptions>(name, process, how);
      worker.on("error", () => stumbled());
      return worker;
    },
    openEvents: (name, after) =>
      new QueueEvents(name, {
        connection: client,
        prefix,
        autorun: false,
        lastEventId: after,
        blockingTimeout: EVENT_POLL_INTERVAL,
      }),
    latestEvent: async (name) => {
      const [latest] = await client.xrevrange(`${prefix}:${name}:events`, "+", "-", "COUNT", 1);
      return latest?.[0] ?? "0-0";
    },
  };
}
