import { Option } from "commander";
import { EXIT } from "../domain/exit-codes";
import { givenKey } from "./arguments/given-key";
import { givenWords } from "./arguments/given-words";
import { refuseUnknownSource } from "./arguments/refuse-unknown-source";
import { type AddCommand, examples } from "./command";
import { asExited, tellError } from "./tell-run";
import { detailOf, planText } from "./text/plan-text";

interface PlanOptions {
  readonly only?: readonly string[];
  readonly user?: string;
  readonly full?: true;
  readonly short?: true;
  readonly reason?: string;
  readonly exitCode?: true;
}

export const addPlan: AddCommand = (program, perform) => {
  program
    .command("plan")
    .summary("read, compare, change nothing")
    .description("Tells what a sync would do: who gains or loses access, then every record. Changes nothing.")
    .argument("<source>", "name of the source")
    .addOption(
      new Option("--only <entities>", "some entities of the job, e.g. users,roles")
        .argParser(givenWords)
        .conflicts("user"),
    )
    .option("--user <key>", "one person, by upstream key", givenKey)
    .addOption(new Option("--short", "tell how much would change, and not what").conflicts("full"))
    .option("--full", "tell every change; read everything, also what is usually read since the last time")
    .option("--reason <text>", "kept with the run")
    .option("--exit-code", `exit with ${EXIT.changes} when there is something to apply`)
    .addHelpText(
      "before",
      examples("understudy plan acme", "understudy plan acme --full", "understudy plan acme --exit-code -o json"),
    )
    .action((source: string, options: PlanOptions) =>
      perform({ name: "plan", table: false }, (context) =>
        context.withApp(async (app) => {
          await refuseUnknownSource(context, app, source);
          const { only, user, full, short, reason } = options;
          const request = {
            source,
            only: only ?? null,
            user: user ?? null,
            full: full === true,
          };
          const planned = await context.following(source, reason, (by) => app.plan({ ...request, ...by }));
          const plan = { ...planned, report: asExited(planned.report, context) };
          context.answer({ value: plan, text: (palette) => planText(plan, detailOf({ full, short }), palette) });
          const exitCode = tellError(plan.report, context);
          return exitCode === EXIT.done && options.exitCode === true && plan.changesTotal > 0 ? EXIT.changes : exitCode;
        }),
      ),
    );
};
