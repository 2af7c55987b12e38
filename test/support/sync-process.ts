/**
 * One run in a process of its own, to be killed or stopped. Started by `startSyncProcess`; what it is to do comes as its only
 * argument, the run's report goes out as a message.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { silentLog } from "../../src/domain/log";
import type { RunReport } from "../../src/domain/runs";
import { openDatabase } from "../../src/mirror/database";
import type { LeaseTerms } from "../../src/mirror/fence";
import { createRunner, type RunChoices } from "./create-runner";
import { countSteps, type Steps, type Strike } from "./steps";
import type { World } from "./world";

interface Orders {
  readonly databaseUrl: string;
  readonly home: string;
  readonly upstreamUrl: string;
  readonly lease?: LeaseTerms;
  /** A whole sync unless told. */
  readonly options?: Omit<RunChoices, "signal" | "tell">;
}

export interface SyncProcess {
  /** Does nothing once it has ended. */
  signal(name: NodeJS.Signals): void;
  /** SIGCONT until it has ended: one that says it was struck may stop only a moment later, after a first SIGCONT. */
  goOn(): Promise<RunReport | null>;
  /** Resolves with the run's report, or with null when the process ended without one. */
  readonly ended: Promise<RunReport | null>;
  /** Resolves once it was struck or has ended. */
  readonly steps: () => Promise<Steps>;
}

const CONTINUE_EVERY = 50;

/** @param strike what befalls it, and when */
export function startSyncProcess(
  { databaseUrl, home, upstream }: Pick<World, "databaseUrl" | "home" | "upstream">,
  { strike = null, ...orders }: Pick<Orders, "lease" | "options"> & { readonly strike?: Strike | null } = {},
): SyncProcess {
  const argument: Orders = { databaseUrl, home, upstreamUrl: upstream.url, ...orders };
  const { env, execArgv, steps } = countSteps(strike);
  const child = fork(__filename, [JSON.stringify(argument)], {
    execArgv: ["-r", join(__dirname, "typescript-hook.cjs"), ...execArgv],
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = reportOf(child);
  return {
    ended,
    steps,
    signal: (name) => void child.kill(name),
    async goOn() {
      const again = setInterval(() => child.kill("SIGCONT"), CONTINUE_EVERY);
      child.kill("SIGCONT");
      return ended.finally(() => clearInterval(again));
    },
  };
}

async function reportOf(child: ChildProcess): Promise<RunReport | null> {
  let report: RunReport | null = null;
  child.on("message", (message) => {
    report = message as RunReport;
  });
  await once(child, "exit");
  return report;
}

async function main(orders: Orders): Promise<void> {
  const { databaseUrl, options, ...terms } = orders;
  const database = await openDatabase({ url: databaseUrl, home: terms.home, log: silentLog });
  const run = createRunner({ database, ...terms });
  const report = await run(options);
  await database.close();
  process.send?.(report, () => process.disconnect());
}

if (require.main === module) void main(JSON.parse(process.argv[2] ?? "{}") as Orders);
