import { parseArgs } from "node:util";
import fc from "fast-check";
import type { Compile } from "./ask";
import { type JudgedCase, judgeRandomCase } from "./judge-random-case";
import { type RandomCase, randomCase } from "./random-cases";
import type { Surroundings } from "./run-conformance";

const USAGE = `usage: npm run fuzz:mapping -- --minutes N [--seed S]

Random expressions over random records, compiled against the reference. Ends at the first disagreement, with exit code 1
and the smallest case that shows it.
`;

/** Cases between two looks at the clock; a seed names one such batch, so that replaying it takes a moment. */
const BATCH = 500;

const REPORT_EVERY_MS = 15_000;

/** Runs until the time is up or the first disagreement. Resolves to the exit code. */
export async function fuzzMapping(args: readonly string[], around: Surroundings = process): Promise<number> {
  const { stdout, stderr, compile } = around;
  const options = readOptions(args);
  if (options === null) {
    stderr.write(USAGE);
    return 2;
  }
  const say = (text: string): void => void stdout.write(`${text}\n`);
  const startedAt = performance.now();
  const tally = new Tally();
  let reportedAt = startedAt;
  for (let seed = options.seed; performance.now() - startedAt < options.minutes * 60_000; seed += 1) {
    const found = await fc.check(agreement(tally, compile), { seed, numRuns: BATCH });
    const now = performance.now();
    if (found.failed) {
      say(tally.line((now - startedAt) / 1000));
      say(await describe(found.counterexample?.[0], seed, compile));
      return 1;
    }
    if (now - reportedAt < REPORT_EVERY_MS) continue;
    // Should the process die or hang, `--seed` goes on from here.
    say(`${tally.line((now - startedAt) / 1000)}; at seed ${seed}`);
    reportedAt = now;
  }
  say(`${tally.line((performance.now() - startedAt) / 1000)}; no disagreement`);
  return 0;
}

/** Null when the arguments are not understood. */
function readOptions(args: readonly string[]): { readonly minutes: number; readonly seed: number } | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { minutes: { type: "string" }, seed: { type: "string" } },
    });
    const [minutes, seed] = [Number(values.minutes), Number(values.seed ?? Date.now() % 1_000_000_000)];
    return minutes > 0 && Number.isSafeInteger(seed) ? { minutes, seed } : null;
  } catch {
    return null;
  }
}

const agreement = (tally: Tally, compile: Compile | undefined) =>
  fc.asyncProperty(randomCase, async (one) => {
    const judged = await judgeRandomCase(one, compile);
    tally.count(judged);
    return judged.complaint === null;
  });

async function describe(one: RandomCase | undefined, seed: number, compile?: Compile): Promise<string> {
  if (one === undefined) return "a disagreement without a case";
  const { complaint } = await judgeRandomCase(one, compile);
  return [
    "",
    `DISAGREEMENT: ${complaint}`,
    "",
    `  record       ${one.record}`,
    ...(one.parent === null ? [] : [`  $parent      ${one.parent}`]),
    ...one.lets.map(({ name, expression }) => `  let $${name}       ${expression}`),
    ...one.expressions.map((expression) => `  expression   ${expression}`),
    "",
    `replay: npm run fuzz:mapping -- --minutes 1 --seed ${seed}`,
  ].join("\n");
}

/** What became of how many expressions. */
class Tally {
  readonly #counts = new Map<string, number>();
  #all = 0;

  count({ verdicts }: JudgedCase): void {
    for (const verdict of verdicts) this.#counts.set(verdict, (this.#counts.get(verdict) ?? 0) + 1);
    this.#all += verdicts.length;
  }

  line(seconds: number): string {
    const parsed = this.#all - (this.#counts.get("refused") ?? 0);
    const share = (verdict: string): string => {
      const count = this.#counts.get(verdict) ?? 0;
      return `${((count / Math.max(1, parsed)) * 100).toFixed(1)} % ${verdict}`;
    };
    const rate = Math.round(parsed / seconds);
    const shares = ["equal", "fallen back", "fallen back on a value", "not compiled", "not judged"]
      .map(share)
      .join(", ");
    return `${Math.round(seconds)} s: ${parsed} expressions, ${rate} a second; ${shares}`;
  }
}
