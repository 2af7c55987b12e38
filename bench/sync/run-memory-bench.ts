import { parseArgs } from "node:util";
import { letADayPass, openWorld } from "./bench-world";
import { describeMachine } from "./machine";
import { measureSync, WrongWork } from "./measure";
import { machineText } from "./results-text";
import { MEMORY_LIMIT_MB } from "./summary";

/** How much more ten times the users may take. */
const GROWTH_LIMIT_MB = 100;

interface Peaks {
  readonly users: number;
  readonly firstLoadMb: number;
  readonly noChangeMb: number;
}

/** Null when the arguments are not understood. */
function readOptions(args: readonly string[]): { readonly users: number; readonly json: boolean } | null {
  try {
    const options = {
      users: { type: "string", default: "1000000" },
      json: { type: "boolean", default: false },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    const users = Number(values.users);
    return Number.isInteger(users / 10) && users > 0 ? { users, json: values.json } : null;
  } catch {
    return null;
  }
}

/**
 * Measures the memory of a first load and of a night without changes, for so many users and for a tenth of them. Resolves to
 * the exit code: 1 when more was taken than may be, 2 for wrong work; null for arguments not understood.
 */
export async function runMemoryBench(checkout: string, args: readonly string[]): Promise<number | null> {
  const options = readOptions(args);
  if (options === null) return null;
  try {
    const few = await measurePeaks(checkout, options.users / 10);
    const many = await measurePeaks(checkout, options.users);
    const peakMb = Math.max(many.firstLoadMb, many.noChangeMb);
    const growthMb = Math.max(many.firstLoadMb - few.firstLoadMb, many.noChangeMb - few.noChangeMb);
    const met = peakMb <= MEMORY_LIMIT_MB && growthMb <= GROWTH_LIMIT_MB;
    const summary = {
      few,
      many,
      peakMb,
      growthMb,
      limits: { peakMb: MEMORY_LIMIT_MB, growthMb: GROWTH_LIMIT_MB },
      met,
    };
    console.log(options.json ? JSON.stringify(summary, null, 2) : textOf(summary));
    return met ? 0 : 1;
  } catch (error) {
    if (!(error instanceof WrongWork)) throw error;
    console.error(`nothing is measured: ${error.message}`);
    return 1;
  }
}

const MB = 1024 ** 2;

async function measurePeaks(checkout: string, users: number): Promise<Peaks> {
  const world = await openWorld(checkout, users);
  try {
    const database = await world.createDatabase("memory");
    console.error(`${users.toLocaleString("en-US")} users: first load`);
    const first = await measureSync(world, database, { new: users });
    await letADayPass(database);
    console.error(`${users.toLocaleString("en-US")} users: a night without changes`);
    const night = await measureSync(world, database, { same: users });
    return { users, firstLoadMb: first.result.peakMemory / MB, noChangeMb: night.result.peakMemory / MB };
  } finally {
    await world.close();
  }
}

function textOf({
  few,
  many,
  peakMb,
  growthMb,
  met,
}: {
  few: Peaks;
  many: Peaks;
  peakMb: number;
  growthMb: number;
  met: boolean;
}): string {
  const line = ({ users, firstLoadMb, noChangeMb }: Peaks): string =>
    `${users.toLocaleString("en-US").padStart(9)} users: first load ${Math.round(firstLoadMb)} MB, night without changes ${Math.round(noChangeMb)} MB`;
  return [
    machineText(describeMachine("embedded")),
    line(few),
    line(many),
    `most ${Math.round(peakMb)} MB (at most ${MEMORY_LIMIT_MB}), growth ${Math.round(growthMb)} MB (at most ${GROWTH_LIMIT_MB}): ${met ? "met" : "not met"}`,
  ].join("\n");
}
