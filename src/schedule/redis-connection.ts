import { once } from "node:events";
import Redis from "ioredis";
import { Failure } from "../domain/errors";
import type { Log } from "../domain/log";
import { within } from "../domain/within";
import { makeEndable } from "./endable-connection";
import { ANSWER_TIMEOUT, type QueueStore } from "./queue-store";
import { queueUnreachable } from "./queue-unreachable";
import { watchReach } from "./watch-reach";

/** Milliseconds, as all times here. */
const RETRY_AFTER = 200;
const RETRY_AFTER_AT_MOST = 5_000;
const CONNECT_TIMEOUT = 5_000;
const SAFE_POLICY = "noeviction";
const REACH_KEPT = 60_000;

export interface RedisOptions {
  readonly url: string;
  /** Keeps mirrors that share a Redis apart. */
  readonly prefix: string;
  /** Infinity for a process that stays. */
  readonly reconnectTimeout: number;
  readonly log: Log;
}

interface RedisConnection extends Pick<QueueStore, "description" | "lost" | "unreachable" | "ask" | "ping" | "close"> {
  readonly client: Redis;
  /** Something that uses the connection failed: in a process that stays, it is looked at and told if it is gone. */
  readonly stumbled: () => void;
}

/**
 * A connection to Redis or Valkey. One that breaks is made again for `reconnectTimeout` milliseconds, then it counts as lost,
 * once. With an endless timeout it is never lost; when it goes and when it comes is told.
 * @throws Failure DB020 when Redis is out of reach, DB021 when it may throw jobs away
 */
export async function connectRedis({ url, prefix, reconnectTimeout, log }: RedisOptions): Promise<RedisConnection> {
  const where = addressOf(url);
  const lost = new AbortController();
  const state: ConnectionState = { phase: "opening", awaySince: null, lastError: null };
  const unreachable = (cause: unknown) => queueUnreachable(where, "REDIS_URL", state.lastError ?? cause);

  const client = createClient(url, reconnectTimeout, state);
  const end = makeEndable(client, (error) => log.debug("the queue's connection broke", { error }));
  client.on("error", (error) => {
    state.lastError = error;
  });
  client.on("ready", () => {
    const isBack = state.awaySince !== null;
    state.awaySince = null;
    state.lastError = null;
    if (isBack) void lookAtPolicy();
  });
  client.on("close", () => {
    state.awaySince ??= Date.now();
    if (state.phase === "open") reach?.stumbled();
  });
  client.on("end", () => {
    if (state.phase !== "open") return;
    lost.abort(unreachable("closed"));
    end();
  });
  const close = async (): Promise<void> => {
    state.phase = "closed";
    reach?.stop();
    end();
  };

  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    const late = () => new Error("timeout");
    try {
      if (client.status === "end") throw new Error("closed");
      // A command on a connection that is away is kept for its return, and may wait without end.
      if (client.status !== "ready") await within(ANSWER_TIMEOUT, once(client, "ready"), late);
      return await within(ANSWER_TIMEOUT, question(), late);
    } catch (error) {
      if (state.phase === "open") reach?.stumbled();
      throw unreachable(error);
    }
  };
  // A replica answers every question, and so does a server whose memory is full; but a queue wants to be written to.
  const ping = () => ask(async () => void (await client.set(`${prefix}:reach`, "1", "PX", REACH_KEPT)));
  const reach = reconnectTimeout === Number.POSITIVE_INFINITY ? watchReach(ping, log) : null;

  /** Redis may come back with another configuration than it went with. */
  async function lookAtPolicy(): Promise<void> {
    const { policy } = await ask(async () => readFacts(await client.info())).catch(() => ({ policy: SAFE_POLICY }));
    if (policy === SAFE_POLICY) return;
    const { message, fix } = mayThrowAway(where, policy);
    log.warn(message, { fix });
  }

  let facts: ServerFacts;
  try {
    facts = await connect(client);
  } catch (error) {
    await close();
    throw unreachable(error);
  }
  if (facts.policy !== SAFE_POLICY) {
    await close();
    throw mayThrowAway(where, facts.policy);
  }
  state.phase = "open";

  return {
    client,
    description: `Redis ${facts.version} at ${where}, ${facts.policy}`,
    lost: lost.signal,
    unreachable,
    stumbled: () => reach?.stumbled(),
    ask,
    ping,
    close,
  };
}

/** How it stands with a connection, as its events tell. */
interface ConnectionState {
  /** `opening` until the server was found to be one for a queue, `closed` once we end it. */
  phase: "opening" | "open" | "closed";
  /** Milliseconds since 1970; null while it is there. */
  awaySince: number | null;
  /** What broke the connection says more than "closed", which is all that the commands get to hear. */
  lastError: unknown;
}

/** A client that makes a connection again which was open once, for so many milliseconds. */
function createClient(url: string, reconnectTimeout: number, state: Readonly<ConnectionState>): Redis {
  return new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT,
    maxRetriesPerRequest: null,
    // Longer than BullMQ ever blocks; finds the link that died without a word.
    socketTimeout: 15_000,
    retryStrategy(times) {
      if (state.phase !== "open") return null;
      if (reconnectTimeout === Number.POSITIVE_INFINITY)
        return Math.min(RETRY_AFTER * 2 ** Math.min(times - 1, 10), RETRY_AFTER_AT_MOST);
      const away = state.awaySince === null ? 0 : Date.now() - state.awaySince;
      return away < reconnectTimeout ? RETRY_AFTER : null;
    },
    // A primary that became a replica keeps its connections; a new one leads to the server that is the primary now.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
}

async function connect(client: Redis): Promise<ServerFacts> {
  await within(CONNECT_TIMEOUT, client.connect(), () => new Error("timeout"));
  // A number that the server does not have would lead to its database 0, without a word.
  await client.select(client.options.db ?? 0);
  return readFacts(await client.info());
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

interface ServerFacts {
  readonly version: string;
  readonly policy: string;
}

function readFacts(info: string): ServerFacts {
  const fact = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "unknown";
  return { version: fact("redis_version"), policy: fact("maxmemory_policy") };
}

const mayThrowAway = (where: string, policy: string): Failure =>
  new Failure(
    "DB021",
    `Redis at ${where} has maxmemory-policy ${policy}: under memory pressure it would throw jobs away unseen`,
    { fix: "set it to noeviction: `redis-cli config set maxmemory-policy noeviction`, and in redis.conf" },
  );
