import type { SourceStatus } from "../domain/answers";
import type { App } from "../domain/app";
import { Failure } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import { plain } from "../domain/plain";
import { quoted } from "../domain/quoted";
import { ENDED, isUnnoted, PROCESS_DIED, type RunSummary } from "../domain/runs";
import type { SlotSummary } from "../domain/slots";
import type { Answer } from "./answer";
import { userAddress } from "./arguments/user-address";
import { type AddCommand, examples } from "./command";
import { printError } from "./print-failure";
import { startedBy } from "./runs";
import { holdText } from "./text/hold-text";
import { columns, counted, grouped, indented, moment } from "./text/layout";
import { personText } from "./text/person-text";
import { reportText } from "./text/report-text";
import { paletteFor } from "./text/terminal";
import { whyText } from "./text/why-text";

interface ShowOptions {
  readonly why?: string | undefined;
  readonly live?: true | undefined;
}

export const addShow: AddCommand = (program, perform) => {
  program
    .command("show")
    .summary("a run, a source or a person")
    .description("Shows what the mirror knows of a run, a source or a person; contacts nobody.")
    .argument("<what>", "RUN, SOURCE or user:SOURCE/KEY")
    .option("--why <field>", "of a person: where a value came from, what set it and what was before")
    .option("--live", "with --why: look at the record as the customer's system sends it now")
    .addHelpText(
      "before",
      examples(
        "understudy show 4183",
        "understudy show acme",
        "understudy show user:acme/8812",
        "understudy show user:acme/8812 --why email",
        "understudy show user:acme/8812 --why attributes.department --live",
      ),
    )
    .action((what: string, { why, live }: ShowOptions) =>
      perform({ name: "show", table: false }, (context) =>
        context.withApp(async (app) => {
          if (why !== undefined || live === true) {
            context.answer(await showWhy(app, what, { why, live }, context.interruption.signal));
            return EXIT.done;
          }
          if (!/^\d{1,15}$/.test(what)) {
            context.answer(await (what.includes(":") ? showPerson(app, what) : showSource(app, what)));
            return EXIT.done;
          }
          const summary = await app.showRun(Number(what));
          context.answer(runAnswer(summary));
          const { stderr, env } = context.terminal;
          if (summary.report?.error) printError(summary.report.error, stderr, paletteFor(stderr, env));
          return EXIT.done;
        }),
      ),
    );
};

function runAnswer(summary: RunSummary): Answer {
  const { run, source, mode, trigger, report } = summary;
  const by = `${mode} by ${startedBy(trigger)}${trigger.reason === null ? "" : `: ${trigger.reason}`}`;
  return {
    value: summary,
    text: (palette) => {
      if (report === null) {
        const since = isUnnoted(summary) ? `, ${moment(summary.startedAt ?? summary.queuedAt)}` : "";
        return [`run ${run}  ${source}  ${plain(progressOf(summary))}`, `  ${plain(by)}${since}`].join("\n");
      }
      const cost = `${counted(report.requests, "request")}, ${counted(report.bytes, "byte")}`;
      return `${reportText(report, palette)}\n\n${palette.dim(plain(`${by}, ${moment(report.startedAt)}, ${cost}`))}`;
    },
  };
}

/** Of a run without a report: it has not ended yet, or its process died. */
function progressOf(summary: RunSummary): string {
  const { source, state, outcome, trigger, queuedAt, startedAt, finishedAt } = summary;
  if (state === "queued") return `queued since ${moment(queuedAt)}, waits for a worker`;
  if (state === "running") return `running since ${moment(startedAt ?? queuedAt)}, ${source} is held by ${trigger.by}`;
  if (isUnnoted(summary)) return `${ENDED.interrupted}: ${PROCESS_DIED}, the rest is done by the next run`;
  return `${outcome === null ? "ended" : ENDED[outcome]} at ${moment(finishedAt ?? queuedAt)}, without a report: its process died`;
}

async function showPerson(app: App, what: string): Promise<Answer> {
  const { source, key } = userAddress(what, { command: "show", prefix: "user:" });
  const person = await app.showPerson(source, key);
  return { value: person, text: (palette) => personText(person, palette) };
}

/** @throws Failure USE001 for what has no fields */
async function showWhy(app: App, what: string, { why, live }: ShowOptions, signal: AbortSignal): Promise<Answer> {
  if (why === undefined || why === "" || !what.includes(":")) {
    throw new Failure("USE001", why === undefined ? "--live belongs to --why" : "--why is asked of a person's field", {
      fix: "e.g. understudy show user:acme/8812 --why email",
    });
  }
  const { source, key } = userAddress(what, { command: "show", prefix: "user:" });
  const answer = await app.why({ source, key, field: why, live: live === true, signal });
  return { value: answer, text: (palette) => whyText(answer, palette) };
}

async function showSource(app: App, source: string): Promise<Answer> {
  // As other commands take a person.
  if (source.includes("/"))
    throw new Failure("USE001", `\`show ${source}\` names neither a run nor a source`, {
      fix: `a person is shown by: understudy show ${quoted(`user:${source}`)}`,
    });
  const status = await app.showSource(source);
  return {
    value: status,
    text: (palette) =>
      [
        plain(status.sentence),
        ...indented(scheduleLines(status)),
        ...indented(countLines(status)),
        ...status.holds.map((hold) => holdText(hold, palette)),
        ...(status.lastRun?.report ? ["", reportText(status.lastRun.report, palette)] : []),
      ].join("\n"),
  };
}

function scheduleLines({ schedule }: SourceStatus): readonly string[] {
  if (schedule === null) return [];
  const { cron, timezone, next, last } = schedule;
  return columns([
    ["schedule", `${cron} (${timezone})`],
    ...(next === null ? [] : [["next", moment(next)]]),
    ...(last === null ? [] : [["last", `${moment(last.slot)}  ${slotState(last)}`]]),
  ]);
}

/** "done, run 4183": what became of a slot, and why. */
function slotState({ state, run, attempts, dueAt, note }: SlotSummary): string {
  return [
    state,
    ...(run === null ? [] : [`run ${run}`]),
    ...(state === "due" && attempts > 0 ? [`tried ${counted(attempts, "time")}, again at ${moment(dueAt)}`] : []),
    ...(note === null ? [] : [note]),
  ].join(", ");
}

function countLines({ counts, rejects, dangling, ...status }: SourceStatus): readonly string[] {
  const { retiredEntities, retiredLinks } = status;
  return columns([
    ...Object.entries(counts).map(([name, count]) => [
      name,
      grouped(count),
      retiredEntities.includes(name) ? "no file describes these any more; they are kept" : "",
    ]),
    ...retiredLinks
      .filter(({ kind }) => !retiredEntities.includes(kind))
      .map(({ origin, count }) => [origin, grouped(count), "no file describes this list any more; its links are kept"]),
    ...(rejects === 0 ? [] : [["rejected", grouped(rejects), "each keeps its old state"]]),
    ...(dangling === 0 ? [] : [["dangling", grouped(dangling), "links without effect until both ends are there"]]),
  ]);
}
