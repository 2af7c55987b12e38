import { join } from "node:path";
import type { RunReport } from "../../src/domain/runs";
import type { Usage } from "../contend";
import { runContender } from "../run-contender";
import { type BenchWorld, writeOutstandingPages } from "./bench-world";
import { WrongWork } from "./wrong-work";

/** What one contender used in one round. */
export interface Result extends Usage {
  /** HTTP requests that the upstream got. */
  readonly requests: number;
}

/** Runs a contender's file of `bench/` against one database. */
export async function measure<T>(
  world: BenchWorld,
  {
    file,
    args,
    databaseUrl,
  }: { readonly file: string; readonly args: readonly string[]; readonly databaseUrl: string },
): Promise<{ readonly result: Result; readonly outcome: T }> {
  const { upstream, signal } = world;
  const isWarmed = world.warmUps > 0;
  const warmUrl = isWarmed ? await world.createDatabase("warm") : "";
  const program = {
    file: join(__dirname, "..", file),
    args,
    env: {
      DATABASE_URL: databaseUrl,
      BENCH_URL: upstream.url,
      LOG_LEVEL: "error",
      WARM_DATABASE_URL: warmUrl,
      WARM_BENCH_URL: `${upstream.url}/warm`,
      WARM_UPS: String(world.warmUps),
    },
  };
  let before = 0;
  const settle = async () => {
    await writeOutstandingPages(databaseUrl);
    before = await upstream.requests();
  };
  const { usage, outcome } = await runContender<T>(program, { settle, signal });
  if (isWarmed) await world.dropDatabase("warm");
  return { result: { ...usage, requests: (await upstream.requests()) - before }, outcome };
}

/** What a run of ours must have done with the users. */
export interface Expected {
  readonly new?: number;
  readonly changed?: number;
  readonly same?: number;
  readonly gone?: number;
  readonly held?: number;
}

/** A run of ours, in a process of its own. @param args behind the home: of the release of a hold */
export async function measureSync(
  world: BenchWorld,
  databaseUrl: string,
  expected: Expected,
  args: readonly string[] = [],
): Promise<{ readonly result: Result; readonly report: RunReport }> {
  const program = { file: "sync/sync-process.js", args: [world.home, ...args], databaseUrl };
  const { result, outcome } = await measure<RunReport>(world, program);
  refuseWrongReport(outcome, expected);
  return { result, report: outcome };
}

/** @throws WrongWork */
export function refuseWrongReport(report: RunReport, expected: Expected): void {
  const users = report.entities.users;
  const wanted = { new: 0, changed: 0, same: 0, gone: 0, held: 0, rejected: 0, ...expected };
  const isRight =
    users !== undefined &&
    "new" in users &&
    Object.entries(wanted).every(([name, count]) => users[name as "new"] === count);
  if (!isRight) throw new WrongWork(`a run did not do what was to be measured: ${JSON.stringify(report)}`);
}
