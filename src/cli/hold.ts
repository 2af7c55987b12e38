import type { HoldSummary } from "../domain/runs";
import { type AddCommand, examples } from "./command";
import { holdText } from "./hold-text";
import { wholeNumber } from "./runs";
import { tellRun } from "./tell-run";
import { triggeredBy } from "./triggered-by";

export const addHold: AddCommand = (program, run) => {
  const hold = program
    .command("hold")
    .summary("removals that wait for a person")
    .description("Removals over the limit wait for a person; everything else of their run was applied.")
    .addHelpText(
      "before",
      examples("understudy hold list", "understudy hold release 4183 --expect 212", "understudy hold reject 4183"),
    );

  hold
    .command("list")
    .summary("what waits, and why")
    .description("Lists what waits for a decision, with its evidence.")
    .argument("[source]", "only those of one source")
    .option("--all", "also those already decided")
    .addHelpText("before", examples("understudy hold list", "understudy hold list acme --all -o json"))
    .action((source: string | undefined, { all }: { readonly all?: true }) =>
      run({ name: "hold list", table: true }, (context) =>
        context.withApp(async (app) => {
          const holds = await app.holds({ source: source ?? null, all: all === true });
          context.answer({
            value: holds,
            records: holds,
            table: [["run", "source", "count", "state", "heldAt", "decidedBy", "expiresAt"], ...holds.map(row)],
            text: (palette) =>
              holds.length === 0 ? "nothing is held" : holds.map((one) => holdText(one, palette)).join("\n\n"),
          });
          return 0;
        }),
      ),
    );

  hold
    .command("release")
    .summary("let it happen")
    .description("Reads the source again and applies what is held, if it is still the very same.")
    .argument("<run>", "the run that held it", wholeNumber)
    .requiredOption("--expect <count>", "how many changes you have seen to be held", wholeNumber)
    .option("--reason <text>", "kept in the audit")
    .addHelpText("before", examples("understudy hold release 4183 --expect 212 --reason 'site closed'"))
    .action((held: number, { expect, reason }: { readonly expect: number; readonly reason?: string }) =>
      run({ name: "hold release", table: false }, (context) =>
        context.withApp(async (app) => {
          const release = context.following(`run ${held}`, reason, (by) =>
            app.releaseHold({ run: held, expect, ...by }),
          );
          return tellRun(await release, context);
        }),
      ),
    );

  hold
    .command("reject")
    .summary("keep what is there")
    .description("Keeps what is held as it is; the same set is not asked about again until it changes.")
    .argument("<run>", "the run that held it", wholeNumber)
    .option("--reason <text>", "kept in the audit")
    .addHelpText("before", examples("understudy hold reject 4183 --reason 'broken export at their side'"))
    .action((held: number, { reason }: { readonly reason?: string }) =>
      run({ name: "hold reject", table: false }, (context) =>
        context.withApp(async (app) => {
          const rejected = await app.rejectHold({ run: held, trigger: triggeredBy(reason) });
          context.answer({ value: rejected, text: (palette) => holdText(rejected, palette) });
          return 0;
        }),
      ),
    );
};

const row = (hold: HoldSummary) => [
  ...[hold.run, hold.source, hold.count, hold.state],
  ...[hold.heldAt, hold.decidedBy, hold.expiresAt],
];
