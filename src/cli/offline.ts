import { InvalidArgumentError } from "commander";
import { parseDuration } from "../config/job/quantities";
import { durationText } from "../domain/duration-text";
import { EXIT } from "../domain/exit-codes";
import { LOCAL_SOURCE } from "../domain/login";
import type { Admitted, AdmittedAnswer, NotReady, OfflineReport } from "../domain/offline";
import { plain } from "../domain/plain";
import { readMoment } from "./arguments/read-moment";
import { triggeredBy } from "./arguments/triggered-by";
import { type AddCommand, examples } from "./command";
import { columns, counted, firstFew, grouped, indented, moment } from "./text/layout";
import type { Palette } from "./text/terminal";

export const addOffline: AddCommand = (program, perform) => {
  const offline = program
    .command("offline")
    .summary("who could sign in while a customer's system is out of reach")
    .description(
      "Shows how ready a source is for an outage, rehearses one, and lists the people whom the mirror let in.",
    )
    .addHelpText(
      "before",
      examples(
        "understudy offline report acme",
        "understudy offline drill acme --for 10m --reason 'quarterly'",
        "understudy offline admitted acme",
      ),
    );
  for (const add of [addReport, addDrill, addAdmitted]) add(offline, perform);
};

const addReport: AddCommand = (offline, perform) => {
  offline
    .command("report")
    .summary("who could sign in now if the customer's system were away")
    .description(
      "Counts the people active in the last 30 days whom the mirror could let in now, and tells why not the others.",
    )
    .argument("<source>", "its name")
    .addHelpText("before", examples("understudy offline report acme", "understudy offline report acme --json"))
    .action((source: string) =>
      perform({ name: "offline report", table: false }, (context) =>
        context.withApp(async (app) => {
          const report = await app.offlineReport(source);
          context.answer({ value: report, text: (palette) => reportText(report, palette) });
          return EXIT.done;
        }),
      ),
    );
};

const addDrill: AddCommand = (offline, perform) => {
  offline
    .command("drill")
    .summary("answer logins as if the customer's system were away")
    .description(
      "Forces the fallback for a time, in all processes: nobody is asked, and the mirror answers. It is in the audit.",
    )
    .argument("<source>", "its name")
    .option("--for <duration>", "how long, such as 10m; 4h at most", drillLength)
    .option("--end", "end it before its time")
    .option("--reason <text>", "kept in the audit")
    .addHelpText("before", examples("understudy offline drill acme --for 10m", "understudy offline drill acme --end"))
    .action((source: string, options: { for?: number; end?: true; reason?: string }, command) => {
      if ((options.for === undefined) === (options.end === undefined))
        command.error("error: give either --for with a duration, or --end");
      return perform({ name: "offline drill", table: false }, (context) =>
        context.withApp(async (app) => {
          const { by } = triggeredBy(options.reason);
          const drill = await app.drill({ source, for: options.for ?? null, by, reason: options.reason ?? null });
          context.answer({
            value: drill,
            text: () =>
              drill.until === null
                ? `${source}  the drill is over; logins ask the customer's system`
                : `${source}  logins are answered by the mirror until ${moment(drill.until)}\n  end it: understudy offline drill ${source} --end`,
          });
          return EXIT.done;
        }),
      );
    });
};

const addAdmitted: AddCommand = (offline, perform) => {
  offline
    .command("admitted")
    .summary("the people whom the mirror let in, and what became of them")
    .description(
      "Lists everybody whom the mirror let in, with what the customer's system said of them when it was read completely again.",
    )
    .argument("<source>", "its name")
    .option("--since <time>", "from when on: a date or a moment; otherwise the last 30 days", readMoment)
    .addHelpText(
      "before",
      examples("understudy offline admitted acme", "understudy offline admitted acme --since 2026-11-20 -o csv"),
    )
    .action((source: string, { since }: { since?: string }) =>
      perform({ name: "offline admitted", table: true }, (context) =>
        context.withApp(async (app) => {
          const found = await app.admitted({ source, since: since ?? null });
          context.answer({
            value: found,
            records: found.people,
            table: [["key", "found", "times", "firstAt", "lastAt"], ...found.people.map(row)],
            text: (palette) => admittedText(found, palette),
          });
          return EXIT.done;
        }),
      ),
    );
};

function drillLength(text: string): number {
  const length = parseDuration(text);
  if (length === null || length <= 0 || length > 4 * 3_600_000)
    throw new InvalidArgumentError("it must be a duration up to 4h, such as 10m");
  return length;
}

const REASONS: Readonly<Record<NotReady, string>> = {
  "never-let-in": "never let in by the customer's system",
  "too-long-ago": "let in too long ago",
  "password-changed": "the password was changed since",
  dropped: "their verifier was dropped: disabled for a while, refused, or a password that was changed or taken away",
  "other-pepper": "hashed with a pepper that is not here (LOGIN_PEPPER)",
};

function reportText(report: OfflineReport, palette: Palette): string {
  const { source, active, ready, ending, endingTotal, notReady, notReadyTotal } = report;
  const share = active === 0 ? "" : ` (${Math.floor((100 * ready) / active)} %)`;
  const rest = `understudy offline report ${source} --json`;
  return [
    `${palette.bold(source)}  ${report.mode}, the mirror answers for ${durationText(report.offline)} after the last live yes, as of ${moment(report.asOf)}`,
    ...(report.outSince === null ? [] : [palette.red(`  out of reach since ${moment(report.outSince)}`)]),
    ...(report.drillUntil === null ? [] : [palette.yellow(`  a drill until ${moment(report.drillUntil)}`)]),
    `  ${grouped(ready)} of ${grouped(active)} people active in the last 30 days could sign in now${share}`,
    `  ${counted(endingTotal, "of them runs", "of them run")} out within 48 hours`,
    ...indented(
      firstFew(ending, { limit: 5, total: endingTotal, rest }, ({ key, endsAt }) => [
        plain(`${key}  ${moment(endsAt)}`),
      ]),
      "    ",
    ),
    ...Object.entries(notReadyTotal).flatMap(([because, count]) => [
      `  ${counted(count, "person", "people")}: ${REASONS[because as NotReady]}`,
      ...indented(
        firstFew(
          notReady.filter((one) => one.because === because),
          { limit: 5, total: count, rest },
          ({ key }) => [plain(key)],
        ),
        "    ",
      ),
    ]),
    `  ${counted(report.neverLetIn, "person", "people")} who may sign in never did here${report.neverLetInReady === 0 ? "" : `; ${grouped(report.neverLetInReady)} of them could now, by a password that a mapping brought`}`,
  ].join("\n");
}

function admittedText({ source, since, people, total }: AdmittedAnswer, palette: Palette): string {
  if (total === 0) return `the mirror of ${source} let nobody in since ${moment(since)}`;
  const unchecked = people.filter(({ found }) => found === "unchecked").length;
  return [
    `${palette.bold(source)}  the mirror let in ${counted(total, "person", "people")} since ${moment(since)}`,
    ...indented(
      columns(
        people.map(({ key, found, times, lastAt }) => [key, found, counted(times, "time"), `last ${moment(lastAt)}`]),
      ),
    ),
    // No customer's system is asked about our own administrators.
    ...(unchecked === 0 || source === LOCAL_SOURCE
      ? []
      : [palette.yellow(`${counted(unchecked, "person", "people")} not checked again yet: understudy sync ${source}`)]),
  ].join("\n");
}

const row = ({ key, found, times, firstAt, lastAt }: Admitted) => [key, found, times, firstAt, lastAt];
