import { InvalidArgumentError } from "commander";
import { parseDuration } from "../config/job/quantities";
import { EXIT } from "../domain/exit-codes";
import type { Admitted } from "../domain/offline";
import { givenMoment, TIME } from "./arguments/given-moment";
import { triggeredBy } from "./arguments/triggered-by";
import { type AddCommand, examples } from "./command";
import { moment } from "./text/layout";
import { admittedText, readinessText } from "./text/offline-text";

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
    .argument("<source>", "name of the source")
    .addHelpText("before", examples("understudy offline report acme", "understudy offline report acme --json"))
    .action((source: string) =>
      perform({ name: "offline report", table: false }, (context) =>
        context.withApp(async (app) => {
          const report = await app.offlineReport(source);
          context.answer({ value: report, text: (palette) => readinessText(report, palette) });
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
    .argument("<source>", "name of the source")
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
    .argument("<source>", "name of the source")
    .option("--since <time>", `from when on: ${TIME}; otherwise the last 30 days`, givenMoment)
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

const row = ({ key, found, times, firstAt, lastAt }: Admitted) => [key, found, times, firstAt, lastAt];
