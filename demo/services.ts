import type { ChildProcess } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";

/** One line of the log of one of the processes, which are counted from 0. */
export interface Said {
  readonly by: number;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** Processes that stay until they are ended. Nobody sees what they log unless something goes wrong. */
export interface Services {
  /**
   * Looks at everything logged so far, in the order in which it came, and again with every new line, until there is an answer.
   * Rejects with the reason of the signal, and when a process ends that nobody has ended.
   */
  until<T>(look: (log: readonly Said[]) => T | undefined): Promise<T>;
  /** Resolves with the exit code; null after a SIGKILL. */
  end(by: number, signal: NodeJS.Signals): Promise<number | null>;
  /** Whatever still runs is told to end, and killed when it does not within 30 s. */
  endAll(): Promise<void>;
  lastLines(): readonly string[];
}

const PATIENCE_MS = 30_000;
const LAST_LINES = 20;

export function watchServices(children: readonly ChildProcess[], signal: AbortSignal): Services {
  const log: Said[] = [];
  const raw: string[] = [];
  const news = new EventEmitter();
  const told = new Set<number>();
  let ended: Error | null = null;
  const exits = children.map(async (child, by) => {
    const [exitCode] = (await once(child, "close")) as [number | null];
    if (!told.has(by)) ended = new Error(`process ${by + 1} ended with exit code ${exitCode}, which nobody asked for`);
    news.emit("line");
    return exitCode;
  });
  for (const [by, child] of children.entries()) {
    if (child.stderr === null) continue;
    createInterface({ input: child.stderr }).on("line", (line) => {
      raw.push(`process ${by + 1}: ${line}`);
      log.push(parse(by, line));
      news.emit("line");
    });
  }

  async function end(by: number, how: NodeJS.Signals): Promise<number | null> {
    told.add(by);
    children[by]?.kill(how);
    return (await exits[by]) ?? null;
  }

  return {
    async until(look) {
      for (;;) {
        signal.throwIfAborted();
        const found = look(log);
        if (found !== undefined) return found;
        if (ended !== null) throw ended;
        await once(news, "line", { signal });
      }
    },
    end,
    async endAll() {
      const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
      const late = setTimeout(() => running.map((child) => child.kill("SIGKILL")), PATIENCE_MS);
      await Promise.all(running.map((child) => end(children.indexOf(child), "SIGTERM")));
      clearTimeout(late);
    },
    lastLines: () => raw.slice(-LAST_LINES),
  };
}

/** What is no line of the log, such as the last words of a process that fails, is kept as a message. */
function parse(by: number, line: string): Said {
  try {
    return { ...(JSON.parse(line) as object), by } as Said;
  } catch {
    return { by, message: line };
  }
}
