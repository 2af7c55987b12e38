import { Option } from "commander";
import type { App } from "../domain/app";
import { Failure } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import { noSources } from "../domain/no-source";
import type { RunReport } from "../domain/runs";
import { givenKey } from "./arguments/given-key";
import { givenWords } from "./arguments/given-words";
import { refuseUnknownSource } from "./arguments/refuse-unknown-source";
import { triggeredBy } from "./arguments/triggered-by";
import { type AddCommand, type CommandContext, examples } from "./command";
import { gravest } from "./gravest";
import { failureAnswer, printFailure } from "./print-failure";
import { asExited, tellError, tellRun } from "./tell-run";
import { reportText } from "./text/report-text";

interface SyncOptions {
  readonly all?: true;
  readonly only?: readonly string[];
  readonly user?: string;
  readonly full?: true;
  readonly plan?: string;
  readonly reason?: string;
  readonly wait?: true;
  readonly detach?: true;
}

export const addSync: AddCommand = (program, perform) => {
  program
    .command("sync")
    .summary("read a source, compare, write")
    .description("Reads a source, compares it with the mirror and writes what changed.")
    .argument("[source]", "name of the source")
    .option("--all", "every source, one after another")
    .addOption(
      new Option("--only <entities>", "some entities of the job, e.g. users,roles")
        .argParser(givenWords)
        .conflicts(["user", "plan"]),
    )
    .addOption(
      new Option("--user <key>", "one person, by upstream key; nobody else is touched")
        .argParser(givenKey)
        .conflicts(["plan", "all"]),
    )
    .option("--full", "read everything, also what is usually read since the last time")
    .addOption(new Option("--plan <id>", "apply exactly this plan, or nothing").conflicts(["all", "full"]))
    .option("--reason <text>", "kept with the run and in the audit")
    .addOption(new Option("--wait", "wait while the source is being read by another run").conflicts("detach"))
    .addOption(new Option("--detach", "leave the run to a worker and do not follow it").conflicts(["all", "wait"]))
    .addHelpText(
      "before",
      examples(
        "understudy sync acme",
        "understudy sync --all",
        "understudy sync acme --user 8812 --reason 'new hire cannot log in'",
        "understudy sync acme --plan p_7f3a",
        "understudy sync acme --detach",
      ),
    )
    .action((source: string | undefined, options: SyncOptions) =>
      perform({ name: "sync", table: false }, (context) => sync(context, source, options)),
    );
};

async function sync(context: CommandContext, source: string | undefined, options: SyncOptions): Promise<number> {
  if ((source === undefined) === (options.all === undefined)) {
    const message = source === undefined ? "sync which source?" : "give either a source or --all, not both";
    throw new Failure("USE001", message, {
      fix: "name one source: understudy sync NAME; or all of them: understudy sync --all",
    });
  }
  return context.withApp(async (app) => {
    if (source === undefined) return syncAll(context, app, options);
    await refuseUnknownSource(context, app, source);
    if (options.detach === true) return detach(context, app, source, options);
    return tellRun(await syncOne(context, app, source, options), context);
  });
}

function syncOne(context: CommandContext, app: App, source: string, options: SyncOptions): Promise<RunReport> {
  const wait = options.wait === true;
  return context.following(source, options.reason, (by) => app.sync({ ...requestOf(source, options), wait, ...by }));
}

const requestOf = (source: string, { only, user, full, plan }: SyncOptions) => ({
  source,
  only: only ?? null,
  user: user ?? null,
  full: full === true,
  planId: plan ?? null,
});

/** Exit 0 says that the run is queued, not how it will end. */
async function detach(context: CommandContext, app: App, source: string, options: SyncOptions): Promise<number> {
  const trigger = triggeredBy(options.reason);
  const { run, workers } = await app.detach({ ...requestOf(source, options), trigger });
  if (workers === 0)
    context.terminal.stderr.write("no worker is alive: the run waits for one; start it with: understudy up\n");
  context.answer({
    value: run,
    text: () => `run ${run.run}  ${source}  queued; see how it goes: understudy show ${run.run}`,
  });
  return EXIT.done;
}

/** One source's trouble is not another's: each is tried, unless a person says stop. */
async function syncAll(context: CommandContext, app: App, options: SyncOptions): Promise<number> {
  const reports: RunReport[] = [];
  const failed: { readonly source: string; readonly exitCode: number }[] = [];
  const sources = await app.sources();
  // A night that reads nothing must not look like one in which nothing changed.
  if (sources.length === 0) {
    const { message, fix } = noSources(context.home);
    throw new Failure("USE002", message, { fix });
  }
  for (const source of sources) {
    if (context.interruption.signal.aborted) break;
    try {
      const report = asExited(await syncOne(context, app, source, options), context);
      reports.push(report);
      tellError(report, context);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      printFailure(error, context.terminal, { stacks: false });
      failed.push({ source, ...failureAnswer(error, error.exitCode) });
    }
  }
  const all = [...reports, ...failed];
  context.answer({
    value: all,
    records: all,
    text: (palette) => reports.map((report) => reportText(report, palette)).join("\n\n"),
  });
  return context.interruption.signal.aborted
    ? context.interruption.exitCode()
    : gravest(all.map(({ exitCode }) => exitCode));
}
