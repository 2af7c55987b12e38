/**
 * A worker of the shared queue in a process of its own, to be killed. Started by `startQueueProcess`; tells as messages what it
 * takes, and works on it for ever.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { silentLog } from "../../src/domain/log";
import { openRunQueue, type QueueOptions } from "../../src/schedule/open-run-queue";

type Orders = Omit<QueueOptions, "log"> & { readonly totalConcurrency: number | null };

export interface QueueProcess {
  /** Resolves once it serves the queue. */
  readonly ready: Promise<void>;
  /** Resolves with the first run or slot that it takes. */
  readonly took: Promise<number | string>;
  kill(): Promise<void>;
}

export function startQueueProcess({ log: _, ...options }: QueueOptions, totalConcurrency: number | null): QueueProcess {
  const child = fork(__filename, [JSON.stringify({ ...options, totalConcurrency } satisfies Orders)], {
    execArgv: ["-r", join(__dirname, "typescript-hook.cjs")],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const gone = once(child, "exit");
  const says = async (kind: "ready" | "took"): Promise<number | string> => {
    for (;;) {
      const ended = gone.then(() => Promise.reject(new Error(`the worker ended before it was ${kind}`)));
      const [message] = (await Promise.race([once(child, "message"), ended])) as [Record<string, number | string>];
      if (message[kind] !== undefined) return message[kind];
    }
  };
  const [ready, took] = [says("ready").then(() => undefined), says("took")];
  // Who kills it does not wait for what it would have said.
  took.catch(() => undefined);
  return {
    ready,
    took,
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** So that nobody waits for long until a killed worker is known to be dead. */
export const SHORT_LOCK = 3_000;

async function main({ totalConcurrency, ...options }: Orders): Promise<void> {
  const queue = await openRunQueue({ ...options, lasting: true, log: silentLog });
  const hang = (taken: number | string) => {
    process.send?.({ took: taken });
    return new Promise<never>(() => {});
  };
  await queue.serve({
    concurrency: 1,
    totalConcurrency,
    lock: SHORT_LOCK,
    onRun: hang,
    onSlot: ({ slot }) => hang(slot),
  });
  process.send?.({ ready: 1 });
}

if (require.main === module) void main(JSON.parse(process.argv[2] ?? "{}") as Orders);
