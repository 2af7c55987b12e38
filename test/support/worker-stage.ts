/** Workers of the shared queue as they are on several machines, and what is put into it from outside. */
import { EventEmitter, once } from "node:events";
import type { RunEvent } from "../../src/domain/run-events";
import { openRunQueue, type QueueOptions, type RunQueue } from "../../src/schedule/open-run-queue";
import type { DueSlot } from "../../src/schedule/ports";
import type { RunWorker, ServeOptions } from "../../src/schedule/serve-runs";
import { eventually } from "./eventually";
import type { QUEUE_SERVERS, QueueServer } from "./queue-servers";

/** Tests that each have a stage of their own, or are skipped where the server is not there. */
export function testsOnStage({ start, isHere }: Pick<(typeof QUEUE_SERVERS)[number], "start" | "isHere">) {
  const onStage = (body: (stage: Stage) => Promise<void>) => async (): Promise<void> => {
    const server = await start();
    const stage = await setStage(server);
    await body(stage).finally(stage.close);
  };
  return {
    /** Most of a test is waiting for the queue, which they do beside each other. */
    test: (name: string, body: (stage: Stage) => Promise<void>, patience?: number) =>
      (isHere ? globalThis.test.concurrent : globalThis.test.skip)(name, onStage(body), patience),
    testAlone: (name: string, body: (stage: Stage) => Promise<void>) =>
      (isHere ? globalThis.test : globalThis.test.skip)(name, onStage(body)),
  };
}

export const nothing = async (): Promise<never> => {
  throw new Error("nobody asked for this");
};

type Stage = Awaited<ReturnType<typeof setStage>>;

async function setStage(server: QueueServer) {
  const opened: RunQueue[] = [];
  async function open(changes: Partial<QueueOptions> = {}): Promise<RunQueue> {
    const queue = await openRunQueue({ ...server.options, lasting: true, ...changes });
    opened.push(queue);
    return queue;
  }
  const outside = await open();
  return {
    server,
    /** Of the command line, or of the clock. */
    outside,
    /** A worker as another machine would have it. */
    async serve(how: Partial<ServeOptions>, changes: Partial<QueueOptions> = {}): Promise<RunWorker> {
      const queue = await open(changes);
      return queue.serve({ concurrency: 2, totalConcurrency: null, onRun: nothing, onSlot: nothing, ...how });
    },
    /** Looks into the queue as any other program would. */
    async inspect<T>(look: (queue: ReturnType<QueueServer["queue"]>) => Promise<T>): Promise<T> {
      const raw = server.queue("runs");
      try {
        return await look(raw);
      } finally {
        await raw.close();
      }
    },
    isEmpty: () =>
      eventually(
        () => outside.counts(),
        ({ waiting, active }) => waiting + active === 0,
      ),
    async close() {
      await Promise.all(opened.map((queue) => queue.close()));
      await server.stop();
    },
  };
}

export const slotOf = (source: string, minute: number): DueSlot => ({
  source,
  slot: new Date(Date.UTC(2026, 10, 24, 2, minute)).toISOString(),
  crashes: 0,
});

export const progressOf = (pages: number): RunEvent => ({
  type: "progress",
  stream: "users",
  fetched: pages * 100,
  expected: 400,
  pages,
});

/** Holds whoever comes until it is opened, and tells that somebody came. */
export function gateFor() {
  const events = new EventEmitter();
  const came = once(events, "came");
  const opened = once(events, "open");
  return {
    wait: async (): Promise<void> => {
      events.emit("came");
      await opened;
    },
    pass: () => void events.emit("came"),
    reached: async (): Promise<void> => void (await came),
    open: () => void events.emit("open"),
  };
}
