import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { makeTempDir } from "./temp-dir";

export interface RedisServer {
  readonly url: string;
  /** Null for a server that REDIS_URL names. */
  readonly pid: number | null;
  stop(): Promise<void>;
}

/**
 * A real Redis for the tests of the queue: the one REDIS_URL names, else a `redis-server` of its own on a free port of
 * loopback. Null, with the reason printed, when there is neither.
 */
export async function startRedis(): Promise<RedisServer | null> {
  const given = process.env.REDIS_URL;
  if (given) return { url: given, pid: null, stop: async () => undefined };
  const folder = await makeTempDir("redis");
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const child = spawn(
      "redis-server",
      [
        ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder.path, "--daemonize", "no"],
        ...["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"],
      ],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    const outcome = await startOf(child);
    if (outcome === "ready") {
      const stop = async () => {
        if (child.exitCode === null && child.signalCode === null) {
          const gone = once(child, "exit");
          child.kill("SIGKILL");
          await gone;
        }
        await folder.remove();
      };
      return { url: `redis://127.0.0.1:${port}`, pid: child.pid ?? null, stop };
    }
    if (outcome === "absent" || attempt === 3) {
      await folder.remove();
      if (outcome === "ended") throw new Error("redis-server is on the PATH but does not start");
      process.stderr.write("Redis tests are skipped: no redis-server on the PATH and no REDIS_URL\n");
      return null;
    }
  }
}

/** The port may be taken between here and the server's start; then it ends and is started on another. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
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
