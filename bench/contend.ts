/**
 * The contender's end of a measurement. Its process loads its modules, works elsewhere until it is as warm as one that
 * lives on from night to night, opens what it needs, says `ready`, waits for a message, works, and answers with what the work
 * alone used; the memory is the whole process's.
 */
import { once } from "node:events";
import { type Stopwatch, startStopwatch, type Times } from "./stopwatch";

export interface Usage extends Times {
  /** Peak resident memory of the process, bytes. */
  readonly peakMemory: number;
}

/** What a contender's process sends at its end. */
export interface Measured<T = unknown> {
  readonly usage: Usage;
  readonly outcome: T;
}

export interface Contender<T> {
  /** The work that is measured; what it resolves to goes to the parent. */
  work(stopwatch: Stopwatch): Promise<T>;
  close(): Promise<void>;
}

/** Where a contender works. */
export interface Place {
  readonly databaseUrl: string;
  readonly upstreamUrl: string;
  /** What is done there is not measured. */
  readonly isWarmUp: boolean;
}

/** Called once by the main file of a contender's process. */
export function contend<T>(open: (place: Place) => Promise<Contender<T>>): void {
  measure(open).then(
    (measured) => process.send?.(measured, () => process.exit()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}

/** What the environment names, with what comes before the names. */
const placeIn = (before: "" | "WARM_"): Place => ({
  databaseUrl: process.env[`${before}DATABASE_URL`] ?? "",
  upstreamUrl: process.env[`${before}BENCH_URL`] ?? "",
  isWarmUp: before !== "",
});

/** A first load and some nights; V8 compiles what runs often. WARM_UPS says how often. */
const warmUps = Number(process.env.WARM_UPS ?? 0);

async function measure<T>(open: (place: Place) => Promise<Contender<T>>): Promise<Measured<T>> {
  process.once("disconnect", () => process.exit(1));
  for (let times = 0; times < warmUps; times += 1) {
    const warming = await open(placeIn("WARM_"));
    await warming.work(startStopwatch());
    await warming.close();
  }
  const contender = await open(placeIn(""));
  globalThis.gc?.();
  const start = once(process, "message");
  process.send?.("ready");
  await start;
  const stopwatch = startStopwatch();
  const outcome = await contender.work(stopwatch);
  const times = stopwatch.read();
  await contender.close();
  return { usage: { ...times, peakMemory: process.resourceUsage().maxRSS * 1024 }, outcome };
}
