import { parseArgs } from "node:util";
import { type BenchWorld, letADayPass, withWorld } from "./bench-world";
import { describeMachine, type Machine } from "./machine";
import { measureSync } from "./measure";
import { machineText, whole } from "./results-text";
import { MEMORY_LIMIT_MB } from "./summary";

/** How much more ten times the users may take. */
const GROWTH_LIMIT_MB = 100;

interface Peaks {
  readonly users: number;
  readonly firstLoadMb: number;
  readonly noChangeMb: number;
}

interface MemorySummary {
  readonly machine: Machine;
  readonly few: Peaks;
  readonly many: Peaks;
  readonly peakMb: number;
  readonly growthMb: number;
  readonly limits: { readonly peakMb: number; readonly growthMb: number };
  readonly met: boolean;
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
 * the exit code, 1 when more was taken than may be; null for arguments not understood.
 *
 * @throws WrongWork when nothing was measured
 */
export async function runMemoryBench(checkout: string, args: readonly string[]): Promise<number | null> {
  const options = readOptions(args);
  if (options === null) return null;
  const { users } = options;
  const [few, many, machine] = await withWorld(checkout, 0, async (world) => {
    const machine = describeMachine(world.serverVersion);
    return [await measurePeaks(world, users / 10), await measurePeaks(world, users), machine] as const;
  });
  const peakMb = Math.max(many.firstLoadMb, many.noChangeMb);
  const growthMb = Math.max(many.firstLoadMb - few.firstLoadMb, many.noChangeMb - few.noChangeMb);
  const met = peakMb <= MEMORY_LIMIT_MB && growthMb <= GROWTH_LIMIT_MB;
  const limits = { peakMb: MEMORY_LIMIT_MB, growthMb: GROWTH_LIMIT_MB };
  const summary: MemorySummary = { machine, few, many, peakMb, growthMb, limits, met };
  console.log(options.json ? JSON.stringify(summary, null, 2) : textOf(summary));
  return met ? 0 : 1;
}

const MB = 1024 ** 2;

async function measurePeaks(world: BenchWorld, users: number): Promise<Peaks> {
  const name = `memory_${users}`;
  const database = await world.createDatabase(name);
  await world.upstream.show("all", users);
  console.error(`${whole(users)} users: first load`);
  const first = await measureSync(world, database, { new: users });
  await letADayPass(database);
  console.error(`${whole(users)} users: a night without changes`);
  const night = await measureSync(world, database, { same: users });
  await world.dropDatabase(name);
  return { users, firstLoadMb: first.result.peakMemory / MB, noChangeMb: night.result.peakMemory / MB };
}

function textOf({ machine, few, many, peakMb, growthMb, limits, met }: MemorySummary): string {
  const line = ({ users, firstLoadMb, noChangeMb }: Peaks): string =>
    `${whole(users).padStart(9)} users: first load ${whole(firstLoadMb)} MB, a night without changes ${whole(noChangeMb)} MB`;
  return [
    machineText(machine),
    line(few),
    line(many),
    `At most ${whole(peakMb)} MB (limit ${limits.peakMb}), ${whole(growthMb)} MB more than for a tenth of the users (limit ${limits.growthMb}): ${met ? "met" : "not met"}.`,
  ].join("\n");
}
