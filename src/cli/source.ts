import type { SourceStatus } from "../domain/answers";
import { EXIT } from "../domain/exit-codes";
import { noSourcesText } from "../domain/no-source";
import { triggeredBy } from "./arguments/triggered-by";
import { wholeNumberOrZero } from "./arguments/whole-number";
import { type AddCommand, examples } from "./command";
import { columns, counted, grouped, moment } from "./text/layout";

interface RetireOptions {
  readonly expect: number;
  readonly reason?: string;
}

export const addSource: AddCommand = (program, perform) => {
  const source = program
    .command("source")
    .summary("the sources, and the end of one")
    .description("Lists the sources, or ends one for good.")
    .addHelpText("before", examples("understudy source list", "understudy source retire acme --expect 1204"));

  source
    .command("list")
    .summary("every source, its schedule and its size")
    .description("Lists the sources: how they are, when they run next, when they were last read completely.")
    .addHelpText("before", examples("understudy source list", "understudy source list -o csv"))
    .action(() =>
      perform({ name: "source list", table: true }, (context) =>
        context.withApp(async (app) => {
          const sources = await app.status();
          context.answer({
            value: sources,
            records: sources,
            table: [
              ["source", "state", "cron", "timezone", "next", "lastComplete", "users"],
              ...sources.map(({ source: name, state, schedule, lastComplete, counts }) => [
                name,
                state,
                schedule?.cron ?? null,
                schedule?.timezone ?? null,
                schedule?.next ?? null,
                lastComplete,
                counts.users ?? 0,
              ]),
            ],
            text: () => (sources.length === 0 ? noSourcesText(context.home) : columns(sources.map(cells)).join("\n")),
          });
          return EXIT.done;
        }),
      ),
    );

  source
    .command("retire")
    .summary("end a source for good")
    .description(
      "Ends a source whose job file is gone: nobody is answered from it any more, its records and their history are kept. " +
        "A complete run with a job file brings it back.",
    )
    .argument("<source>", "name of the source")
    .requiredOption("--expect <count>", "how many live users you have seen it to have", wholeNumberOrZero)
    .option("--reason <text>", "kept in the audit")
    .addHelpText("before", examples("understudy source retire acme --expect 1204 --reason 'contract ended'"))
    .action((name: string, { expect, reason }: RetireOptions) =>
      perform({ name: "source retire", table: false }, (context) =>
        context.withApp(async (app) => {
          const retired = await app.retireSource({ source: name, expect, trigger: triggeredBy(reason) });
          context.answer({
            value: retired,
            text: () =>
              [
                `${name} is retired since ${moment(retired.retiredAt)}, by run ${retired.run}`,
                `  ${counted(retired.users, "user")} and their history are kept, but no longer answered for`,
                `  to bring it back, write jobs/${name}.yaml again and run: understudy sync ${name}`,
              ].join("\n"),
          });
          return EXIT.done;
        }),
      ),
    );
};

const cells = ({ source, state, schedule, lastComplete, counts }: SourceStatus): readonly string[] => [
  source,
  state,
  lastComplete === null ? "never read completely" : `read completely ${moment(lastComplete)}`,
  `${grouped(counts.users ?? 0)} users`,
  schedule === null
    ? ""
    : `${schedule.cron} ${schedule.timezone}${schedule.next === null ? "" : `, next ${moment(schedule.next)}`}`,
];
