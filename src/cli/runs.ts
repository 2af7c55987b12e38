import { EXIT } from "../domain/exit-codes";
import type { RunSummary, Trigger } from "../domain/runs";
import { wholeNumber } from "./arguments/whole-number";
import { type AddCommand, examples } from "./command";
import { columns, elapsed, moment } from "./text/layout";

interface RunsOptions {
  readonly limit: number;
}

export const addRuns: AddCommand = (program, perform) => {
  program
    .command("runs")
    .summary("the latest runs")
    .description("Lists the latest runs, newest first.")
    .argument("[source]", "only those of one source")
    .option("-n, --limit <count>", "how many", wholeNumber, 20)
    .addHelpText("before", examples("understudy runs", "understudy runs acme -n 5 -o csv"))
    .action((source: string | undefined, { limit }: RunsOptions) =>
      perform({ name: "runs", table: true }, (context) =>
        context.withApp(async (app) => {
          const runs = await app.runs({ source: source ?? null, limit });
          context.answer({
            value: runs,
            records: runs,
            table: [
              [
                ...["run", "source", "mode", "state", "outcome", "queuedAt", "startedAt", "finishedAt"],
                ...["by", "reason", "trigger", "slot"],
              ],
              ...runs.map(({ trigger, ...one }) => [
                one.run,
                one.source,
                one.mode,
                one.state,
                one.outcome,
                one.queuedAt,
                one.startedAt,
                one.finishedAt,
                trigger.by,
                trigger.reason,
                trigger.kind,
                trigger.slot ?? null,
              ]),
            ],
            text: () => (runs.length === 0 ? "no runs yet" : columns(runs.map(cells)).join("\n")),
          });
          return EXIT.done;
        }),
      ),
    );
};

const cells = ({
  run,
  source,
  mode,
  state,
  outcome,
  startedAt,
  finishedAt,
  queuedAt,
  trigger,
}: RunSummary): string[] => [
  `run ${run}`,
  source,
  mode,
  outcome ?? state,
  moment(startedAt ?? queuedAt),
  startedAt !== null && finishedAt !== null ? elapsed(startedAt, finishedAt) : "",
  startedBy(trigger),
];

/** The slot that a run of the schedule is for, or who asked for it. */
export const startedBy = ({ kind, by, slot }: Trigger): string =>
  kind === "schedule" && slot !== undefined ? `schedule, slot ${moment(slot)}` : by;
