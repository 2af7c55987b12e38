import { parseArgs } from "node:util";
import { withWorld } from "./bench-world";
import { describeMachine } from "./machine";
import type { Result } from "./measure";
import { formatRemarks, formatResults } from "./results-text";
import { type Round, runRound } from "./round";
import { saveResults } from "./save-results";
import { summarize } from "./summary";

interface Options {
  readonly users: number;
  readonly rounds: number;
  readonly peer: boolean;
  readonly json: boolean;
  readonly save: boolean;
}

/** A first load and some nights; V8 compiles what runs often. */
const WARM_UPS = 8;
/** Of fewer nothing is to be learnt but that it works: nobody warms up. */
const FEW = 5_000;

/** Null when the arguments are not understood. */
function readOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        users: { type: "string", default: "20000" },
        rounds: { type: "string", default: "3" },
        "without-peer": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        save: { type: "boolean", default: false },
      },
    });
    const [users, rounds] = [Number(values.users), Number(values.rounds)];
    const sound = [users, rounds].every((value) => Number.isInteger(value) && value > 0);
    return sound ? { users, rounds, peer: !values["without-peer"], json: values.json, save: values.save } : null;
  } catch {
    return null;
  }
}

/**
 * Measures runs of ours beside their yardsticks and a peer, interleaved. Resolves to the exit code, 1 when a run took more memory
 * than it may; null for arguments not understood.
 *
 * @param checkout the project's folder
 * @throws WrongWork when nothing was measured
 */
export async function runSyncBench(checkout: string, args: readonly string[]): Promise<number | null> {
  const options = readOptions(args);
  if (options === null) return null;
  const { users, rounds, peer, json, save } = options;
  const summary = await withWorld(checkout, users < FEW ? 0 : WARM_UPS, async (world) => {
    const measured: Round[] = [];
    for (let number = 1; number <= rounds; number += 1) {
      const tell = (contender: string, { wall }: Result): void =>
        console.error(`round ${number} of ${rounds}  ${contender}: ${(wall / 1000).toFixed(2)} s`);
      measured.push(await runRound(world, { users, number, peer, tell }));
    }
    return summarize(users, measured, describeMachine(world.serverVersion));
  });
  console.log(json ? JSON.stringify(summary, null, 2) : `${formatResults(summary)}\n\n${formatRemarks(summary)}`);
  if (save) await saveResults(checkout, formatResults(summary));
  return summary.memory.met ? 0 : 1;
}
