/**
 * The real command as a process of its own, that stays until it is told to end or killed:
 *
 *     const service = startService(["up", "--port", "0"], { home, env });
 *     await service.says("ready");
 *     ...
 *     expect(await service.end("SIGTERM")).toBe(0);
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { ROOT } from "./documents";

/** One line of the log. */
interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface Service {
  readonly pid: number;
  readonly lines: readonly LogLine[];
  /** Resolves with the first line of this message, also one that was said before; rejects when the process ends without it. */
  says(message: string): Promise<LogLine>;
  /** Sends the signal, unless it has ended already; resolves with the exit code, null after a SIGKILL. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  readonly exited: Promise<number | null>;
}

const PROGRAM = join(ROOT, "bin/understudy.js");

/** Several services started at once would each build what is missing. */
export const ensureBuilt = async (): Promise<void> =>
  void (await promisify(execFile)(process.execPath, [PROGRAM, "--version"]));

/** What this process's own environment says about databases and queues must not reach the command. */
const NOT_THEIRS = /^(DATABASE_URL|REDIS_URL|HTTP_.*|.*_CONCURRENCY|LOG_.*|UNDERSTUDY_.*)$/;

export function startService(
  args: readonly string[],
  { home, env }: { readonly home: string; readonly env: Readonly<Record<string, string>> },
): Service {
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_THEIRS.test(name));
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...Object.fromEntries(inherited), LOG_FORMAT: "json", ...env, UNDERSTUDY_HOME: home },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines: LogLine[] = [];
  const said = new EventEmitter().setMaxListeners(0);
  createInterface({ input: child.stderr }).on("line", (line) => {
    lines.push(parse(line));
    said.emit("line");
  });
  const exited = exitOf(child);
  return {
    pid: child.pid ?? 0,
    lines,
    exited,
    async says(message) {
      const ended = exited.then((code) => {
        const told = lines.map((line) => JSON.stringify(line)).join("\n");
        throw new Error(`the process ended with ${code} before it said "${message}":\n${told}`);
      });
      // Whoever stops waiting has no use for how it ended.
      ended.catch(() => undefined);
      for (;;) {
        const found = lines.find((line) => line.message === message);
        if (found !== undefined) return found;
        await Promise.race([once(said, "line"), ended]);
      }
    },
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return exited;
    },
  };
}

/** What is no line of the log (the talk of commands) is kept as a message. */
function parse(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { level: "talk", message: line };
  }
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, "close")) as [number | null];
  return code;
}
