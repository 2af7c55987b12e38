import { EventEmitter } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { runCommandLine } from "../../../src/cli/command-line";
import { watchForInterruption } from "../../../src/cli/interruption";
import type { App, AppOptions } from "../../../src/domain/app";
import type { HoldSummary } from "../../../src/domain/holds";
import type { EntityCounts, LinkCounts, RunReport } from "../../../src/domain/runs";

export interface Said {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  readonly opened: readonly AppOptions[];
  readonly closed: number;
  /** Exit codes asked for by a second signal. */
  readonly exits: readonly number[];
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
  readonly signals?: EventEmitter;
  /** What stands on standard input. */
  readonly input?: string;
}

/** Runs a command line against an app that answers what the test says; asking it for anything else fails. */
export async function command(
  argv: readonly string[],
  app: Partial<App> = {},
  options: CommandOptions = {},
): Promise<Said> {
  const tty = { isTTY: options.isTTY ?? false, columns: 80 };
  const [stdout, stderr] = [Object.assign(new PassThrough(), tty), Object.assign(new PassThrough(), tty)];
  const opened: AppOptions[] = [];
  const exits: number[] = [];
  let closed = 0;
  const answering = new Proxy(app, {
    get(target, name) {
      if (name === "then") return undefined;
      if (name === "close") {
        return async () => {
          closed += 1;
        };
      }
      if (name === "sealAudit") return async () => undefined;
      if (name === "sources" && target.sources === undefined) return async () => ["acme", "globex"];
      const method = Reflect.get(target, name);
      if (method === undefined) throw new Error(`the command asked for ${String(name)}`);
      return method;
    },
  }) as App;
  const interruption = watchForInterruption(options.signals ?? new EventEmitter(), stderr, (code) => exits.push(code));
  const exitCode = await runCommandLine(argv, "9.9.9", {
    terminal: {
      stdin: Readable.from(options.input === undefined ? [] : [options.input]),
      stdout,
      stderr,
      env: options.env ?? {},
      cwd: __dirname,
    },
    interruption,
    openApp: async (appOptions) => {
      opened.push(appOptions);
      return answering;
    },
  });
  const text = (stream: PassThrough) => String(stream.read() ?? "");
  return { exitCode, out: text(stdout), err: text(stderr), opened, closed, exits };
}

export const users = (counts: Partial<EntityCounts> = {}): EntityCounts => ({
  fetched: 1231,
  new: 3,
  changed: 7,
  same: 1219,
  unparsed: 0,
  restored: 0,
  rejected: 2,
  healed: 0,
  skipped: 0,
  gone: 1,
  held: 0,
  volatile: false,
  absent: 0,
  duplicates: 0,
  complete: true,
  incompleteBecause: null,
  before: 1229,
  after: 1231,
  ...counts,
});

export const links = (counts: Partial<LinkCounts> = {}): LinkCounts => ({
  granted: 4,
  revoked: 1,
  held: 0,
  dangling: 0,
  before: 2210,
  after: 2213,
  ...counts,
});

export const report = (parts: Partial<RunReport> = {}): RunReport => ({
  run: 4183,
  source: "acme",
  outcome: "ok",
  exitCode: 0,
  plan: null,
  trigger: { kind: "cli", by: "ops@desk", reason: null },
  startedAt: "2026-11-22T13:59:02.000Z",
  finishedAt: "2026-11-22T13:59:08.800Z",
  requests: 13,
  bytes: 812345,
  entities: { users: users() },
  rejects: [],
  rejectsOmitted: 0,
  hold: null,
  error: null,
  notes: [],
  ...parts,
});

export const hold = (parts: Partial<HoldSummary> = {}): HoldSummary => ({
  run: 4183,
  source: "acme",
  count: 2000,
  hash: "h",
  state: "open",
  decidedBy: null,
  reason: null,
  expiresAt: null,
  evidence: [{ entity: "users", rule: "empty", count: 2000, of: 2000, message: "the answer was empty" }],
  heldAt: "2026-11-22T13:59:08.800Z",
  ...parts,
});
