/**
 * What is taken away for good, in a process of its own, to be killed or stopped. Started by `startUpkeepProcess`; what it is to do comes
 * as its only argument, what it answered goes out as a message.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Failure } from "../../src/domain/errors";
import { silentLog } from "../../src/domain/log";
import { type Database, openDatabase } from "../../src/mirror/database";
import { EraseStore } from "../../src/mirror/erase/erase-store";
import { RetentionStore } from "../../src/mirror/retention/retention-store";
import { SealStore } from "../../src/mirror/seal-store";
import { countSteps, type Steps, type Strike } from "./steps";
import { runFolder } from "./test-run";

export type Upkeep =
  | { readonly does: "prune"; readonly now: string }
  | { readonly does: "erase"; readonly source: string; readonly key: string };

export interface UpkeepProcess {
  signal(name: NodeJS.Signals): void;
  /** Resolves with "done" or the code of a failure, or with null when the process ended without a word. */
  readonly ended: Promise<string | null>;
  /** Resolves once it was struck or has ended. */
  readonly steps: () => Promise<Steps>;
}

/** @param strike what befalls it, and when */
export function startUpkeepProcess(url: string, upkeep: Upkeep, strike: Strike | null = null): UpkeepProcess {
  const { env, execArgv, steps } = countSteps([strike]);
  const child = fork(__filename, [JSON.stringify({ url, upkeep })], {
    execArgv: ["-r", join(__dirname, "typescript-hook.cjs"), ...execArgv],
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return { ended: wordOf(child), steps: async () => (await steps())[0]!, signal: (name) => void child.kill(name) };
}

async function wordOf(child: ChildProcess): Promise<string | null> {
  let word: string | null = null;
  child.on("message", (message) => {
    word = String(message);
  });
  await once(child, "exit");
  return word;
}

/** As the commands do it: what is not in the chain when it goes would leave no trace there. */
export async function workUpkeep(database: Database, upkeep: Upkeep): Promise<void> {
  const seals = new SealStore(database);
  await seals.seal(5_000);
  if (upkeep.does === "prune") {
    const kept = { auditMonths: 24, tombstoneDays: 30, rejectDays: 28 };
    const retention = new RetentionStore(database, kept, () => Date.parse(upkeep.now));
    await retention.prune({ dryRun: false, today: upkeep.now.slice(0, 10), by: "ops@desk" });
  } else {
    const { source, key } = upkeep;
    const trigger = { kind: "cli", by: "ops@desk", reason: "request 815" } as const;
    const erasures = new EraseStore(database);
    const { entries } = await erasures.erase({ source, key, expect: null, trigger });
    await erasures.erase({ source, key, expect: entries, trigger });
  }
  await seals.seal(5_000);
}

async function main({ url, upkeep }: { readonly url: string; readonly upkeep: Upkeep }): Promise<void> {
  const database = await openDatabase({ url, home: runFolder(), log: silentLog });
  const word = await workUpkeep(database, upkeep).then(
    () => "done",
    (error: unknown) => (error instanceof Failure ? error.code : `${error}`),
  );
  await database.close();
  process.send?.(word, () => process.disconnect());
}

if (require.main === module) void main(JSON.parse(process.argv[2] ?? "{}"));
