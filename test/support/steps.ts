/**
 * The steps of other processes: each write to a socket that a process opened is one, counted by `count-steps.cjs`, and right
 * after any of them the process can be sent a signal.
 */
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
  /** Resolves once it was struck or has ended. */
  steps(): Promise<Steps>;
}

const LOOK_EVERY = 5;
/** For one step, which takes a second or two. */
const PATIENCE = 120_000;
let counted = 0;

/** @param to which steps count: all, or those towards the job queue alone */
export function countSteps(strike: Strike | null, to: "all" | "queue" = "all"): CountedProcess {
  counted += 1;
  const file = join(runFolder(), `steps-${process.pid}-${counted}.json`);
  return {
    env: { TEST_STEPS: JSON.stringify({ at: -1, signal: null, ...strike, to, file }) },
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

function read(file: string): Steps | null {
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

interface Campaign {
  /** For whoever wants to see a failure again. */
  readonly file: string;
  readonly test: string;
  /** Of an undisturbed process, more or less the same each time. */
  readonly sent: readonly string[];
  /** Kinds of steps of which one each is tried in short, besides one of any kind. */
  readonly kinds?: readonly RegExp[];
}

/** What waits for ever fails by name, long before the test as a whole would. */
async function inTime<T>(attempt: Promise<T>): Promise<T> {
  const patience = new AbortController();
  const tooLong = delay(PATIENCE, undefined, patience).then(() => {
    throw new Error(`it did not end within ${PATIENCE / 1_000} s`);
  });
  return Promise.race([attempt, tooLong]).finally(() => patience.abort());
}

/**
 * Tries the steps of a process, one after the other: all of them until none is left in the whole campaign, a few at random
 * otherwise. What fails says how to see that one again.
 *
 * @param attempt has a process struck and checks what comes of it; false when it ended before it came to that step
 */
export async function tryEveryStep(
  { file, test, sent, kinds = [] }: Campaign,
  attempt: (step: number) => Promise<boolean>,
): Promise<void> {
  async function tryStep(step: number): Promise<boolean> {
    try {
      return await inTime(attempt(step));
    } catch (error) {
      const replay = `UNDERSTUDY_KILL_AT=${step} npx jest ${file} -t "${test}"`;
      if (error instanceof Error)
        error.message = `struck after step ${step} of ${sent.length}, ${sent[step - 1]}\nagain with: ${replay}\n${error.message}`;
      throw error;
    }
  }

  if (killAt === "all") {
    let step = 0;
    while (await tryStep(step)) step += 1;
    // A counter that counts nothing would be content with anything.
    expect(step).toBeGreaterThan(sent.length / 2);
    return;
  }
  if (killAt !== "some") {
    for (const step of killAt.split(",")) await tryStep(Number(step));
    return;
  }
  const steps = sent.map((text, index) => ({ step: index + 1, text }));
  for (const kind of [/./, ...kinds]) await tryStep(chance.one(steps.filter(({ text }) => kind.test(text))).step);
}
