/**
 * The steps of other processes: each write to a socket that a process opened is one, counted by `count-steps.cjs`, which can
 * send its process a signal right after any of them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "./random";
import { runFolder } from "./test-run";

export interface SignalAt {
  /** How many steps there are before it; 0 is before anything is sent. */
  readonly step: number;
  readonly signal: NodeJS.Signals;
}

export interface CountedSteps {
  /** What the process must be started with. */
  readonly env: Readonly<Record<string, string>>;
  readonly execArgv: readonly string[];
  /** How many steps there were, once the signal came or the process ended; `last` is what was sent with the last of them. */
  read(): { readonly steps: number; readonly last: string };
}

let counted = 0;

/** @param to which steps count: all, or those of the job queue alone */
export function countSteps(signalAt: SignalAt | null, to: "all" | "queue" = "all"): CountedSteps {
  counted += 1;
  const file = join(runFolder(), `steps-${process.pid}-${counted}.json`);
  const orders = { at: signalAt?.step ?? -1, signal: signalAt?.signal ?? null, to, file };
  return {
    env: { TEST_STEPS: JSON.stringify(orders) },
    execArgv: ["--require", join(__dirname, "count-steps.cjs")],
    read: () => JSON.parse(readFileSync(file, "utf8")),
  };
}

/** `all`, `some` (a few at random), or the number of one. */
const { UNDERSTUDY_KILL_AT: killAt = "some" } = process.env;
const SOME = 2;

/**
 * Tries the steps of a process, one after the other: all of them until none is left in the whole campaign, a few at random
 * otherwise. What fails says how to see that one again.
 *
 * @param total steps of an undisturbed process, more or less
 * @param strike has a process signalled at a step and checks what comes of it; false when it ended before it came to that step
 */
export async function tryEveryStep(
  { file, test, total }: { readonly file: string; readonly test: string; readonly total: number },
  strike: (step: number) => Promise<boolean>,
): Promise<void> {
  const { below } = createRandom(Math.floor(Math.random() * 2 ** 31));
  const replay = (step: number) => `again with: UNDERSTUDY_KILL_AT=${step} npx jest ${file} -t "${test}"`;
  const attempt = async (step: number): Promise<boolean> => {
    try {
      return await strike(step);
    } catch (error) {
      if (error instanceof Error) error.message = `after step ${step} of ${total}; ${replay(step)}\n${error.message}`;
      throw error;
    }
  };
  if (killAt !== "all") {
    const chosen = killAt === "some" ? Array.from({ length: SOME }, () => below(total)) : [Number(killAt)];
    for (const step of chosen) await attempt(step);
    return;
  }
  let step = 0;
  while (await attempt(step)) step += 1;
  // A counter that counts nothing would be content with anything.
  expect(step).toBeGreaterThan(total / 2);
}
