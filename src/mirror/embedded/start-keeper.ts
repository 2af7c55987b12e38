import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, statSync, truncateSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerPlace } from "./server-place";

/** What `keeper.cjs` is told, as JSON in its first argument. */
export interface KeeperOrder {
  readonly binary: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly dataDirectory: string;
  readonly passwordFile: string;
  /** The socket's folder. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Error codes that mean "no server, or not yet, or no longer". */
  readonly absent: readonly string[];
  /** Held by the keeper. */
  readonly keeperLock: [number, number];
  /** Shared by all users; the keeper takes it alone when it closes the server. */
  readonly usersLock: [number, number];
  readonly lingerMs: number;
}

/** A keeper on its way; `output()` is what it and the server have written to the log since. */
export interface StartedKeeper {
  readonly state: () => "running" | "done" | "failed";
  readonly output: () => Promise<string>;
}

const LOG_LIMIT = 1_000_000;

/** Starts a keeper that outlives this process. */
export function startKeeper(place: ServerPlace, order: KeeperOrder): StartedKeeper {
  const log = openSync(place.logFile, "a", 0o600);
  if (statSync(place.logFile).size > LOG_LIMIT) truncateSync(place.logFile);
  const from = statSync(place.logFile).size;
  const keeper = spawn(process.execPath, [join(__dirname, "keeper.cjs"), JSON.stringify(order)], {
    cwd: "/",
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  keeper.once("error", () => undefined);
  keeper.unref();
  return {
    state: () => stateOf(keeper),
    output: async () => (await readFile(place.logFile)).subarray(from).toString("utf8"),
  };
}

function stateOf({ pid, exitCode, signalCode }: ChildProcess): "running" | "done" | "failed" {
  if (exitCode === 0) return "done";
  return pid === undefined || exitCode !== null || signalCode !== null ? "failed" : "running";
}
