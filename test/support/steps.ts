/**
 * The steps of other processes: each write to a socket that a process opened is one, counted by `count-steps.cjs`, and right
 * after any of them the process can be sent a signal.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chance } from "./chance";
import { runFolder } from "./test-run";

export interface Strike {
  /** After so many steps; at 0 before anything is sent. */
  readonly at: number;
  readonly signal: NodeJS.Signals;
}

export interface Steps {
  /** False when the process ended before it came so far. */
  readonly struck: boolean;
  /** What was sent with each, shortened. */
  readonly sent: readonly string[];
}

export interface CountedProcess {
  /** What the process must be started with. */
  readonly env: Readonly<Record<string, string>>;
  readonly execArgv: readonly string[];
  /** Resolves once it was struck or has ended, with the steps of each of its runs. */
  steps(): Promise<readonly Steps[]>;
}

const LOOK_EVERY = 5;
/** For one step, which takes a second or two. */
const PATIENCE = 120_000;

/**
 * @param strikes one for each run of the process, all with the same signal; it comes when all have come to their steps
 * @param to which steps count: all, or those towards the job queue alone
 */
export function countSteps(strikes: readonly (Strike | null)[], to: "all" | "queue" = "all"): CountedProcess {
  const file = join(runFolder(), `steps-${randomUUID()}.json`);
  const at = strikes.map((strike) => strike?.at ?? -1);
  const signal = strikes.find((strike) => strike !== null)?.signal ?? null;
  return {
    env: { TEST_STEPS: JSON.stringify({ at, signal, to, file }) },
    execArgv: ["--require", join(__dirname, "count-steps.cjs")],
    async steps() {
      for (;;) {
        const found = read(file);
        if (found !== null) return found;
        await delay(LOOK_EVERY);
      }
    },
  };
}

function read(file: string): readonly Steps[] | null {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // Not there, or not yet whole.
    return null;
  }
}

/** `all`, `some` (a few at random), or numbers with commas between. */
const { UNDERSTUDY_KILL_AT: killAt = "some" } = process.env;

/** All in the whole campaign and for who names a step, otherwise so many of them at random. */
export function chosen<T>(all: readonly T[], count: number): readonly T[] {
  if (killAt !== "some") return all;
  const left = [...all];
  return Array.from({ length: Math.min(count, all.length) }, () => left.splice(chance.below(left.length), 1)).flat();
}

interface Campaign<Shared> {
  /** For whoever wants to see a failure again. */
  readonly file: string;
  readonly test: string;
  /** Of an undisturbed process, more or less the same each time. */
  readonly sent: readonly string[];
  /** Kinds of steps of which one each is tried in short, besides one of any kind. */
  readonly kinds?: readonly RegExp[];
  /** Opens what is shared by so many steps that are tried at once; without it they are tried one by one. */
  readonly share?: (count: number) => Shared;
}

const AT_ONCE = 10;

/** What waits for ever fails by name, long before the test as a whole would. */
async function inTime<T>(attempt: Promise<T>): Promise<T> {
  const patience = new AbortController();
  const tooLong = delay(PATIENCE, undefined, patience).then(() => {
    throw new Error(`it did not end within ${PATIENCE / 1_000} s`);
  });
  return Promise.race([attempt, tooLong]).finally(() => patience.abort());
}

/**
 * Tries the steps of a process: all of them until none is left in the whole campaign, a few at random otherwise. What fails says
 * how to see that one again.
 *
 * @param attempt has a process struck and checks what comes of it; false when it ended before it came to that step
 */
export async function tryEveryStep<Shared = undefined>(
  { file, test, sent, kinds = [], share }: Campaign<Shared>,
  attempt: (step: number, shared: Shared) => Promise<boolean>,
): Promise<void> {
  async function tryStep(step: number, shared: Shared): Promise<boolean> {
    try {
      return await inTime(attempt(step, shared));
    } catch (error) {
      const replay = `UNDERSTUDY_KILL_AT=${step} npx jest ${file} -t "${test}"`;
      if (error instanceof Error)
        error.message = `struck after step ${step} of ${sent.length}, ${sent[step - 1]}\nagain with: ${replay}\n${error.message}`;
      throw error;
    }
  }

  /** How many of them were there to strike after. */
  async function tryTogether(steps: readonly number[]): Promise<number> {
    const shared = share?.(steps.length) as Shared;
    const failures: unknown[] = [];
    let struck = 0;
    await Promise.all(
      steps.map((step) =>
        tryStep(step, shared).then(
          (wasStruck) => {
            if (wasStruck) struck += 1;
          },
          (error: unknown) => void failures.push(error),
        ),
      ),
    );
    // The others may have failed because it did.
    if (failures.length > 0) throw failures[0];
    return struck;
  }

  const together = share === undefined ? 1 : AT_ONCE;
  if (killAt === "all") {
    let struck = 0;
    for (let first = 0; struck === first; first += together)
      struck += await tryTogether(Array.from({ length: together }, (_, place) => first + place));
    // A counter that counts nothing would be content with anything.
    expect(struck).toBeGreaterThan(sent.length / 2);
    return;
  }
  const steps = sent.map((text, index) => ({ step: index + 1, text }));
  const chosenSteps =
    killAt === "some"
      ? [/./, ...kinds].map((kind) => chance.one(steps.filter(({ text }) => kind.test(text))).step)
      : killAt.split(",").map(Number);
  for (let first = 0; first < chosenSteps.length; first += together)
    await tryTogether(chosenSteps.slice(first, first + together));
}
