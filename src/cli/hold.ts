import { Option } from "commander";
import { EXIT } from "../domain/exit-codes";
import type { HoldSummary } from "../domain/holds";
import { triggeredBy } from "./arguments/triggered-by";
import { wholeNumber } from "./arguments/whole-number";
import { type AddCommand, examples } from "./command";
import { tellRun } from "./tell-run";
import { heldBackLines } from "./text/held-back-lines";
import { heldText } from "./text/held-text";
import { holdText } from "./text/hold-text";
import { inSections } from "./text/layout";
import { detailOf } from "./text/plan-text";

export const addHold: AddCommand = (program, perform) => {
  const hold = program
    .command("hold")
    .summary("changes that wait for a person")
    .description("Changes over a limit wait for a person; everything else of their run was applied.")
    .addHelpText(
      "before",
      examples(
        "understudy hold list",
        "understudy hold show 4183",
        "understudy hold release 4183 --expect 212",
        "understudy hold reject 4183",
      ),
    );
  for (const add of [addList, addShow, addRelease, addReject]) add(hold, perform);
};

const addList: AddCommand = (hold, perform) => {
  hold
    .command("list")
    .summary("what waits, and why")
    .description("Lists what waits for a decision, with its evidence.")
    .argument("[source]", "only those of one source")
    .option("--all", "also those already decided")
    .addHelpText("before", examples("understudy hold list", "understudy hold list acme --all -o json"))
    .action((source: string | undefined, { all }: { readonly all?: true }) =>
      perform({ name: "hold list", table: true }, (context) =>
        context.withApp(async (app) => {
          const holds = await app.holds({ source: source ?? null, all: all === true });
          const heldBack = await app.heldBack(source ?? null);
          context.answer({
            value: holds,
            records: holds,
            table: [
              ["run", "source", "count", "state", "heldAt", "decidedBy", "expiresAt", "reason"],
              ...holds.map(row),
            ],
            text: (palette) =>
              holds.length + heldBack.length === 0
                ? "nothing is held"
                : inSections([
                    ...holds.map((one) => [holdText(one, palette)]),
                    ...heldBack.map((report) => heldBackLines(report, palette)),
                  ]),
          });
          return EXIT.done;
        }),
      ),
    );
};

const addShow: AddCommand = (hold, perform) => {
  hold
    .command("show")
    .summary("what a run held, change by change")
    .description("Tells what is held: the evidence, who would gain or lose access by it, and every record.")
    .argument("<run>", "the run that held it", wholeNumber)
    .addOption(new Option("--short", "tell how much is held, and not what").conflicts("full"))
    .option("--full", "tell every change")
    .addHelpText("before", examples("understudy hold show 4183", "understudy hold show 4183 --full -o json"))
    .action((run: number, { full, short }: { readonly full?: true; readonly short?: true }) =>
      perform({ name: "hold show", table: false }, (context) =>
        context.withApp(async (app) => {
          const answer = await app.showHold({ run, full: full === true });
          context.answer({ value: answer, text: (palette) => heldText(answer, detailOf({ full, short }), palette) });
          return EXIT.done;
        }),
      ),
    );
};

const addRelease: AddCommand = (hold, perform) => {
  hold
    .command("release")
    .summary("let it happen")
    .description("Reads the source again and applies what is held, if it is still the very same.")
    .argument("<run>", "the run that held it", wholeNumber)
    .requiredOption("--expect <count>", "how many changes you have seen to be held", wholeNumber)
    .option("--reason <text>", "kept in the audit")
    .addHelpText("before", examples("understudy hold release 4183 --expect 212 --reason 'site closed'"))
    .action((run: number, { expect, reason }: { readonly expect: number; readonly reason?: string }) =>
      perform({ name: "hold release", table: false }, (context) =>
        context.withApp(async (app) => {
          const release = context.following(`run ${run}`, reason, (by) => app.releaseHold({ run, expect, ...by }));
          return tellRun(await release, context);
        }),
      ),
    );
};

const addReject: AddCommand = (hold, perform) => {
  hold
    .command("reject")
    .summary("keep what is there")
    .description(
      "Keeps what is held as it is; the same set is not asked about again until it changes. It may still be released.",
    )
    .argument("<run>", "the run that held it", wholeNumber)
    .option("--reason <text>", "kept with the hold")
    .addHelpText("before", examples("understudy hold reject 4183 --reason 'broken export at their side'"))
    .action((run: number, { reason }: { readonly reason?: string }) =>
      perform({ name: "hold reject", table: false }, (context) =>
        context.withApp(async (app) => {
          const rejected = await app.rejectHold({ run, trigger: triggeredBy(reason) });
          context.answer({ value: rejected, text: (palette) => holdText(rejected, palette) });
          return EXIT.done;
        }),
      ),
    );
};

const row = (hold: HoldSummary) => [
  hold.run,
  hold.source,
  hold.count,
  hold.state,
  hold.heldAt,
  hold.decidedBy,
  hold.expiresAt,
  hold.reason,
];
