import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { answerOf } from "../answer-of";
import type { RoundAnswer, RoundRequest } from "./contender-process";
import { CONTENDERS, type ContenderName } from "./contenders";
import { directoryUser } from "./directory-users";
import { formatMappingSummary, type Measurements, summarizeMapping } from "./mapping-summary";
import { readSpec } from "./read-spec";

const USAGE = "usage: npm run bench -- mapping [--rounds N] [--json]";

/** A round is long enough for the CPU clock, whose ticks may be of a millisecond, and short enough to interleave many. */
const ROUND: RoundRequest = { milliseconds: 200 };

/** Rounds that are not counted: the first ones run on code that is not optimised yet. */
const WARM_UPS = 3;

const NAMES = Object.keys(CONTENDERS) as readonly ContenderName[];

/**
 * Measures one mapping worked out in several ways, interleaved, each in a process of its own, after seeing that they agree.
 * Resolves to the exit code: 1 when a limit is not kept or they disagree, 2 for arguments not understood.
 */
export async function runMappingBench(checkout: string, args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === null) {
    console.error(USAGE);
    return 2;
  }
  const home = join(checkout, "bench/home");
  const disagreement = await findDisagreement(home);
  if (disagreement !== null) {
    console.error(`nothing is measured: ${disagreement}`);
    return 1;
  }
  const summary = summarizeMapping(await measureAll(home, options.rounds));
  console.log(options.json ? JSON.stringify(summary, null, 2) : formatMappingSummary(summary));
  return summary.withinLimits ? 0 : 1;
}

/** Null when the arguments are not understood. */
function readOptions(args: readonly string[]): { readonly rounds: number; readonly json: boolean } | null {
  try {
    const options = { rounds: { type: "string", default: "15" }, json: { type: "boolean", default: false } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const rounds = Number(values.rounds);
    return Number.isInteger(rounds) && rounds > 0 ? { rounds, json: values.json } : null;
  } catch {
    return null;
  }
}

/** Who gives something else than the hand-written function, and for which record; null when nobody does. */
async function findDisagreement(home: string): Promise<string | null> {
  const spec = await readSpec(home);
  const makers = NAMES.filter((name) => name !== "the whole mapper" && name !== "hand-written");
  const contenders = makers.map((name) => ({ name, contender: CONTENDERS[name](spec) }));
  const yardstick = CONTENDERS["hand-written"]();
  for (let number = 0; number < 1000; number += 1) {
    const record = directoryUser(number);
    const expected = await yardstick.show(record);
    for (const { name, contender } of contenders) {
      const found = await contender.show(record);
      if (isDeepStrictEqual(found, expected)) continue;
      return `for record ${number}, ${name} gives ${JSON.stringify(found)} where ${JSON.stringify(expected)} is right`;
    }
  }
  return null;
}

async function measureAll(home: string, rounds: number): Promise<Measurements> {
  const processes: { readonly name: ContenderName; readonly child: ChildProcess; readonly measured: number[] }[] = [];
  try {
    for (const name of NAMES) {
      const child = fork(join(__dirname, "contender-process.js"), [home, name]);
      processes.push({ name, child, measured: [] });
      await answerOf(child);
    }
    for (let round = 1 - WARM_UPS; round <= rounds; round += 1) {
      if (round > 0) console.error(`round ${round} of ${rounds}`);
      for (const { child, measured } of processes) {
        child.send(ROUND);
        const { microseconds } = await answerOf<RoundAnswer>(child);
        if (round > 0) measured.push(microseconds);
      }
    }
    return new Map(processes.map(({ name, measured }) => [name, measured]));
  } finally {
    for (const { child } of processes) if (child.connected) child.disconnect();
  }
}
