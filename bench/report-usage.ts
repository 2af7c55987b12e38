/**
 * Preloaded into a measured process (`node --require`): at its end it writes what it used to the file USAGE_FILE,
 * so that the numbers are the process's own and the program measured is the real one, unchanged.
 */
import { writeFileSync } from "node:fs";

export interface Usage {
  /** Milliseconds from the start of the process. */
  readonly wall: number;
  /** Milliseconds of user and system time, all threads. */
  readonly cpu: number;
  /** Peak resident memory, bytes. */
  readonly peakMemory: number;
}

process.once("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const usage: Usage = {
    wall: performance.now(),
    cpu: (userCPUTime + systemCPUTime) / 1000,
    peakMemory: maxRSS * 1024,
  };
  writeFileSync(process.env.USAGE_FILE ?? "/dev/stderr", JSON.stringify(usage));
});
