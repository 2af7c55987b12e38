/**
 * One run in a process of its own, to be killed or stopped. Started by `startSyncProcess`; what it is to do comes as its only
 * argument, what happens goes out as messages.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Client } from "pg";
import { silentLog } from "../../src/domain/log";
import type { RunEvent, RunOptions, RunReport } from "../../src/domain/runs";
import { openDatabase } from "../../src/mirror/database";
import type { LeaseTerms } from "../../src/mirror/fence";
import { createRunner, type RunChoices } from "./create-runner";
import type { World } from "./world";

interface Orders {
  readonly databaseUrl: string;
  readonly home: string;
  readonly upstreamUrl: string;
  readonly lease?: LeaseTerms;
  /** A whole sync unless told. */
  readonly options?: Partial<RunOptions> & Pick<RunChoices, "batches">;
  /** Kills itself with SIGKILL when it enters a phase, or right after it sent so many statements from there on. */
  readonly dieAt?: { readonly phase: string; readonly statement: number };
}

export interface SyncProcess {
  readonly pid: number;
  /** Resolves with the run's report, or with null when the process ended without one. */
  readonly ended: Promise<RunReport | null>;
}

export function startSyncProcess(world: World, orders: Pick<Orders, "lease" | "dieAt" | "options"> = {}): SyncProcess {
  const { databaseUrl, home, upstream } = world;
  const argument: Orders = { databaseUrl, home, upstreamUrl: upstream.url, ...orders };
  const child = fork(__filename, [JSON.stringify(argument)], {
    execArgv: ["-r", join(__dirname, "typescript-hook.cjs")],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return { pid: child.pid ?? 0, ended: reportOf(child) };
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
  const { databaseUrl, home, upstreamUrl, lease, dieAt, options } = orders;
  const database = await openDatabase({ url: databaseUrl, home, log: silentLog });
  const run = createRunner({ database, home, upstreamUrl, ...(lease === undefined ? {} : { lease }) });
  const tell = (event: RunEvent): void => {
    if (dieAt !== undefined && event.type === "phase" && event.phase === dieAt.phase) dieAfter(dieAt.statement);
  };
  const report = await run({ by: "other@process", tell, ...options });
  await database.close();
  process.send?.(report, () => process.disconnect());
}

/** The statement is on its way to the server when the process dies, so that it is done there or not. */
function dieAfter(statements: number): void {
  let left = statements;
  const die = (): void => {
    left -= 1;
    if (left < 0) process.kill(process.pid, "SIGKILL");
  };
  die();
  const { query } = Client.prototype;
  Client.prototype.query = function counted(this: Client, ...args: unknown[]) {
    const result: unknown = Reflect.apply(query, this, args);
    die();
    return result;
  } as typeof query;
}

if (require.main === module) void main(JSON.parse(process.argv[2] ?? "{}") as Orders);
