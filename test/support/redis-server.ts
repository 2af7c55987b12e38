import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "./free-ports";
import { makeTempDir } from "./temp-dir";

export interface RedisServer {
  readonly url: string;
  /** Null for a server that REDIS_URL names. */
  readonly pid: number | null;
  /** Kills a server of our own, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again at the same address, empty. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

/** Whether `startRedis` will find one. */
export const isRedisHere = (): boolean =>
  Boolean(process.env.REDIS_URL) ||
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, "redis-server")));

/** Whether it will be one that a test may stop. */
export const isOwnRedisHere = (): boolean => !process.env.REDIS_URL && isRedisHere();

/**
 * A real Redis for the tests of the queue: the one REDIS_URL names, else a `redis-server` of its own on a free port of
 * loopback. Null, with the reason printed, when there is neither.
 */
export async function startRedis(): Promise<RedisServer | null> {
  const given = process.env.REDIS_URL;
  if (given) {
    const notOurs = async () => {
      throw new Error("a server that REDIS_URL names is not ours to kill");
    };
    return { url: given, pid: null, kill: notOurs, startAgain: notOurs, stop: async () => undefined };
  }
  const folder = await makeTempDir("redis");
  for (let attempt = 1; ; attempt += 1) {
    // It may be taken before the server has it; then that ends, and is started on another.
    const port = await freePort();
    let child = launch(port, folder.path);
    const outcome = await startOf(child);
    if (outcome === "ready") {
      const kill = () => end(child);
      const startAgain = async () => {
        child = launch(port, folder.path);
        if ((await startOf(child)) !== "ready") throw new Error("redis-server does not start again");
      };
      const stop = async () => {
        await kill();
        await folder.remove();
      };
      return { url: `redis://127.0.0.1:${port}`, pid: child.pid ?? null, kill, startAgain, stop };
    }
    if (outcome === "absent" || attempt === 3) {
      await folder.remove();
      if (outcome === "ended") throw new Error("redis-server is on the PATH but does not start");
      process.stderr.write("Redis tests are skipped: no redis-server on the PATH and no REDIS_URL\n");
      return null;
    }
  }
}

function launch(port: number, folder: string): ChildProcess {
  const options = [
    ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--daemonize", "no"],
    ...["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"],
  ];
  return spawn("redis-server", options, { stdio: ["ignore", "pipe", "ignore"] });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

function startOf(child: ChildProcess): Promise<"ready" | "ended" | "absent"> {
  return new Promise((resolve) => {
    child.once("error", () => resolve("absent"));
    child.once("exit", () => resolve("ended"));
    if (!child.stdout) return;
    createInterface(child.stdout).on("line", (line) => {
      if (line.includes("Ready to accept connections")) resolve("ready");
    });
  });
}
