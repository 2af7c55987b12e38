/**
 * Runs in a process of their own, to be killed or stopped. What they are to do comes as its only argument, each run's report goes
 * out as a message.
 */
import { type ChildProcess, fork } from "node:child_process";
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

export type SyncOrders = Pick<Orders, "lease" | "options"> & {
  /** What befalls it, and when. */
  readonly strike?: Strike | null;
};
type Place = Pick<World, "databaseUrl" | "home" | "upstream">;

export interface SyncProcess {
  /** Does nothing once it has ended. */
  signal(name: NodeJS.Signals): void;
  /** SIGCONT until it has ended, once all who share the process want it. */
  goOn(): Promise<RunReport | null>;
  /** Resolves with the run's report, or with null when the process ended without one. */
  readonly ended: Promise<RunReport | null>;
  /** Resolves once it was struck or has ended. */
  readonly steps: () => Promise<Steps>;
}

/** A process that says it was struck may stop only a moment later, after a first SIGCONT. */
const CONTINUE_EVERY = 50;

export const startSyncProcess = (place: Place, orders: SyncOrders = {}): SyncProcess =>
  new SharedProcess(1).join(place, orders);

interface Started {
  readonly child: ChildProcess;
  steps(): Promise<readonly Steps[]>;
}

/** A process of so many runs, each in a database of its own, which starts when all have joined: to load the program takes longer than a run. */
export class SharedProcess {
  readonly #count: number;
  readonly #runs: { readonly orders: Orders; readonly strike: Strike | null; end(report: RunReport | null): void }[] =
    [];
  /** Those for whom the process may not go on yet. */
  readonly #undecided = new Set<number>();
  readonly #started: Promise<Started>;
  #start: (started: Started) => void = () => undefined;

  constructor(count: number) {
    this.#count = count;
    this.#started = new Promise((resolve) => {
      this.#start = resolve;
    });
  }

  join({ databaseUrl, home, upstream }: Place, { strike = null, ...more }: SyncOrders): SyncProcess {
    const place = this.#runs.length;
    this.#undecided.add(place);
    const ended = new Promise<RunReport | null>((end) => {
      this.#runs.push({ orders: { databaseUrl, home, upstreamUrl: upstream.url, ...more }, strike, end });
    });
    void ended.then(() => this.#undecided.delete(place));
    if (this.#runs.length === this.#count) this.#start(this.#fork());
    return {
      ended,
      steps: async () => (await (await this.#started).steps())[place]!,
      signal: (name) => void this.#started.then(({ child }) => child.kill(name)),
      goOn: () => this.#goOn(place, ended),
    };
  }

  #fork(): Started {
    const { env, execArgv, steps } = countSteps(this.#runs.map(({ strike }) => strike));
    const child = fork(__filename, [JSON.stringify(this.#runs.map(({ orders }) => orders))], {
      execArgv: ["-r", join(__dirname, "typescript-hook.cjs"), ...execArgv],
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.on("message", (message) => {
      const { place, report } = message as Ended;
      this.#runs[place]?.end(report);
    });
    child.once("exit", () => {
      for (const { end } of this.#runs) end(null);
    });
    return { child, steps };
  }

  async #goOn(place: number, ended: Promise<RunReport | null>): Promise<RunReport | null> {
    const { child } = await this.#started;
    this.#undecided.delete(place);
    const goOn = (): void => {
      if (this.#undecided.size === 0) child.kill("SIGCONT");
    };
    const again = setInterval(goOn, CONTINUE_EVERY);
    goOn();
    return ended.finally(() => clearInterval(again));
  }
}

interface Ended {
  /** Among the runs of the process. */
  readonly place: number;
  readonly report: RunReport;
}

async function main(all: readonly Orders[]): Promise<void> {
  const { asRun } = await import("./count-steps.cjs");
  await Promise.all(all.map((orders, place) => asRun(place, () => work(orders, place))));
  process.disconnect();
}

async function work({ databaseUrl, options, ...terms }: Orders, place: number): Promise<void> {
  const database = await openDatabase({ url: databaseUrl, home: terms.home, log: silentLog });
  const run = createRunner({ database, ...terms });
  const report = await run(options);
  await database.close();
  await new Promise((resolve) => process.send?.({ place, report } satisfies Ended, resolve));
}

if (require.main === module) void main(JSON.parse(process.argv[2] ?? "[]") as readonly Orders[]);
