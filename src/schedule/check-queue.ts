import { performance } from "node:perf_hooks";
import type { DoctorCheck } from "../domain/answers";
import { Failure } from "../domain/errors";
import { openQueueStore, type QueueOptions } from "./open-run-queue";
import type { QueueStore } from "./queue-store";
import { openSharedQueue } from "./shared-queue";

/**
 * For `doctor`: what the queue is, its version and policy, how long a round trip takes, who works and what waits. Never throws
 * a `Failure`.
 */
export async function checkQueue(options: QueueOptions): Promise<DoctorCheck> {
  try {
    const store = await openQueueStore(options);
    try {
      const began = performance.now();
      await store.ping();
      const took = (performance.now() - began).toFixed(1);
      // Which jobs in a Redis are ours, only the mirror's id tells.
      const known = options.redisUrl === null || options.namespace !== undefined;
      return {
        name: "queue",
        state: "ok",
        message: `BullMQ on ${store.description}; ${took} ms a round trip${known ? await whoWorks(store, options) : ""}`,
        fix: null,
      };
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { name: "queue", state: "error", message: error.message, fix: error.fix };
  }
}

async function whoWorks(store: QueueStore, { log }: QueueOptions): Promise<string> {
  const queue = await openSharedQueue(store, log);
  try {
    const [workers, { waiting, active }] = [await queue.workers(), await queue.counts()];
    const alive = workers === 0 ? "no worker is alive" : `workers alive: ${workers}`;
    return `; ${alive}; jobs waiting: ${waiting}, worked on: ${active}`;
  } finally {
    await queue.close();
  }
}
