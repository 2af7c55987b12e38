import { performance } from "node:perf_hooks";
import type { DoctorCheck } from "../domain/answers";
import { Failure } from "../domain/errors";
import { openQueueStore, type QueueOptions } from "./open-run-queue";

/** For `doctor`: what the queue is, its version and policy, and how long a round trip takes. Never throws a `Failure`. */
export async function checkQueue(options: QueueOptions): Promise<DoctorCheck> {
  try {
    const store = await openQueueStore(options);
    try {
      const began = performance.now();
      await store.ping();
      const took = (performance.now() - began).toFixed(1);
      return {
        name: "queue",
        state: "ok",
        message: `BullMQ on ${store.description}; ${took} ms a round trip`,
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
