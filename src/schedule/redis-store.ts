import { Queue, Worker } from "bullmq";
import Redis from "ioredis";
import { Failure } from "../domain/errors";
import type { Log } from "../domain/log";
import { EVENTS_KEPT, type QueueStore, WORKER_OPTIONS } from "./queue-store";
import { queueUnreachable } from "./queue-unreachable";

const RETRY_AFTER = 200;

/**
 * The queue on Redis or Valkey. A connection that breaks is made again for `patience` milliseconds, then the store counts
 * as lost, once.
 * @throws Failure DB020 when Redis is out of reach, DB021 when it may throw jobs away
 */
export async function openRedisStore(options: {
  readonly url: string;
  /** Keeps mirrors that share a Redis apart. */
  readonly prefix: string;
  readonly patience: number;
  readonly log: Log;
}): Promise<QueueStore> {
  const { prefix, log } = options;
  const where = addressOf(options.url);
  const lost = new AbortController();
  let opened = false;
  let closing = false;
  let awaySince: number | null = null;
  let lastError: unknown = null;

  // What broke the connection says more than "closed", which is all that the commands get to hear.
  const unreachable = (cause: unknown) => queueUnreachable(where, "REDIS_URL", lastError ?? cause);

  const client: Redis = new Redis(options.url, {
    lazyConnect: true,
    connectTimeout: options.patience,
    maxRetriesPerRequest: null,
    // Longer than BullMQ ever blocks; finds the link that died without a word.
    socketTimeout: 15_000,
    retryStrategy(this: unknown) {
      // BullMQ's copy of this connection is not retried: closing one that is being retried never ends.
      if (!opened || this !== client.options) return null;
      const away = awaySince === null ? 0 : Date.now() - awaySince;
      return away < options.patience ? RETRY_AFTER : null;
    },
  });
  client.on("error", (error) => {
    lastError = error;
    log.debug("the queue's connection broke", { error });
  });
  client.on("ready", () => {
    awaySince = null;
  });
  client.on("close", () => {
    awaySince ??= Date.now();
  });
  client.on("end", () => {
    if (opened && !closing) lost.abort(unreachable("closed"));
  });
  const close = async (): Promise<void> => {
    closing = true;
    client.disconnect();
  };

  let facts: { readonly version: string; readonly policy: string };
  const tooLong = setTimeout(() => {
    lastError = "timeout";
    client.disconnect();
  }, options.patience);
  try {
    await client.connect();
    facts = readFacts(await client.info());
  } catch (error) {
    await close();
    throw unreachable(error);
  } finally {
    clearTimeout(tooLong);
  }
  if (facts.policy !== "noeviction") {
    await close();
    throw new Failure(
      "DB021",
      `Redis at ${where} has maxmemory-policy ${facts.policy}: under memory pressure it would throw jobs away unseen`,
      { fix: "set it to noeviction: `redis-cli config set maxmemory-policy noeviction`, and in redis.conf" },
    );
  }
  opened = true;

  const connection = client;
  return {
    description: `Redis ${facts.version} at ${where}, ${facts.policy}`,
    lost: lost.signal,
    openQueue: (name) => new Queue(name, { connection, prefix, streams: { events: { maxLen: EVENTS_KEPT } } }),
    openWorker: (name, process) => new Worker(name, process, { ...WORKER_OPTIONS, connection, prefix }),
    unreachable,
    ping: async () => {
      await client.ping();
    },
    close,
  };
}

/** Host, port and database of a Redis URL, without user and password. */
function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["redis:", "rediss:"].includes(url.protocol)) {
    throw new Failure("DB020", "REDIS_URL is not the address of a Redis server", {
      fix: "write it as redis://user:password@host:6379/0, or rediss:// for TLS",
    });
  }
  return `${url.hostname}:${url.port || "6379"}${url.pathname === "/" ? "" : url.pathname}`;
}

function readFacts(info: string): { version: string; policy: string } {
  const fact = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "unknown";
  return { version: fact("redis_version"), policy: fact("maxmemory_policy") };
}
