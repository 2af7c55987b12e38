import { Option } from "commander";
import type { RevertPlan } from "../domain/answers";
import { EXIT } from "../domain/exit-codes";
import { givenKey } from "./arguments/given-key";
import { wholeNumber } from "./arguments/whole-number";
import { type AddCommand, examples } from "./command";
import { tellRun } from "./tell-run";
import { detailOf } from "./text/plan-text";
import { revertPlanText } from "./text/revert-text";

interface RevertOptions {
  readonly user?: string;
  readonly field?: string;
  readonly keepNewer?: true;
  readonly expect?: number;
  readonly short?: true;
  readonly full?: true;
  readonly reason?: string;
}

export const addRevert: AddCommand = (program, perform) => {
  program
    .command("revert")
    .summary("undo what a run changed")
    .description(
      "Shows what undoing a run would change, who gains or loses access first; with --expect it puts everything back as it was before. " +
        "What was put back stays so: the same change found again waits for a person.",
    )
    .argument("<run>", "the run to undo", wholeNumber)
    .option("--user <key>", "only what it did to one person, by upstream key", givenKey)
    .option("--field <field>", "only one field, attribute or list, e.g. status or roles")
    .option("--keep-newer", "leave alone what changed since, instead of refusing")
    .option("--expect <count>", "do it, if it takes as many changes as you have seen", wholeNumber)
    .addOption(new Option("--short", "tell how much would change, and not what").conflicts("full"))
    .option("--full", "tell every change")
    .option("--reason <text>", "kept in the audit")
    .addHelpText(
      "before",
      examples(
        "understudy revert 4183",
        "understudy revert 4183 --expect 212 --reason 'wrong filter in the job'",
        "understudy revert 4183 --user 8812 --field status",
      ),
    )
    .action((run: number, { user, field, keepNewer, expect, short, full, reason }: RevertOptions) =>
      perform({ name: "revert", table: false }, (context) =>
        context.withApp(async (app) => {
          const asked = {
            run,
            user: user ?? null,
            field: field ?? null,
            keepNewer: keepNewer === true,
          };
          if (expect !== undefined) {
            const undone = context.following(`run ${run}`, reason, (by) => app.revert({ ...asked, expect, ...by }));
            return tellRun(await undone, context);
          }
          const plan = await app.planRevert({ ...asked, full: full === true });
          context.answer({ value: plan, text: (palette) => revertPlanText(plan, detailOf({ full, short }), palette) });
          return exitCodeOf(plan);
        }),
      ),
    );
};

/** Nothing was put back: a person must look first. */
function exitCodeOf({ changes, newerTotal, keepNewer }: RevertPlan): number {
  if (newerTotal > 0 && !keepNewer) return EXIT.drift;
  return changes === 0 ? EXIT.done : EXIT.held;
}
