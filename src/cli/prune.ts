import { EXIT } from "../domain/exit-codes";
import { plain } from "../domain/plain";
import type { PruneAnswer, Pruned } from "../domain/retention";
import { givenMoment } from "./arguments/given-moment";
import { triggeredBy } from "./arguments/triggered-by";
import { type AddCommand, examples } from "./command";
import { grouped, indented, moment } from "./text/layout";
import type { Palette } from "./text/terminal";

export const addPrune: AddCommand = (program, perform) => {
  program
    .command("prune")
    .summary("take away what was kept long enough")
    .description(
      "Takes away what was kept long enough: months of the audit, records that are gone, and whatever else is due. " +
        "`understudy up` does so every day by itself.",
    )
    .option("--dry-run", "only tell what is due")
    .option(
      "--today <date>",
      "what day it is (UTC), for a database whose clock `up` does not watch: another day there, and nothing goes",
      givenMoment,
    )
    .addHelpText("before", examples("understudy prune --dry-run", "understudy prune --today 2026-11-28"))
    .action(({ dryRun, today }: { readonly dryRun?: true; readonly today?: string }) =>
      perform({ name: "prune", table: true }, (context) =>
        context.withApp(async (app) => {
          const { by } = triggeredBy(undefined);
          const answer = await app.prune({ dryRun: dryRun === true, today: today ?? null, by });
          context.answer({
            value: answer,
            records: answer.pruned,
            table: [
              ["what", "source", "entity", "keptFor", "before", "count", "waits"],
              ...answer.pruned.map((one) => [
                ...[one.what, one.source, one.entity, one.keptFor],
                ...[one.before, one.count, one.waits],
              ]),
            ],
            text: (palette) => pruneText(answer, palette),
          });
          return EXIT.done;
        }),
      ),
    );
};

function pruneText({ dryRun, at, pruned, auditSince, refused }: PruneAnswer, palette: Palette): string {
  const headline =
    pruned.length === 0
      ? palette.green("nothing is due")
      : palette.bold(
          dryRun ? "due, and left: leave out --dry-run to take it away" : "taken away, for its time was over",
        );
  return [
    `${headline}  ${palette.dim(`at ${moment(at)}`)}`,
    ...indented([
      ...pruned.map(line),
      ...(auditSince === null ? [] : [`the audit is whole from ${moment(auditSince)} on`]),
      ...(refused === null ? [] : [palette.yellow(plain(`it would be refused: ${refused}`))]),
    ]),
  ].join("\n");
}

function line({ what, source, entity, keptFor, before, count, waits }: Pruned): string {
  const of = source === null ? "" : ` of ${plain(`${source}/${entity}`)}`;
  const named = `${grouped(count)} ${what === "audit" ? "entries of the audit" : `${what}${of}`}`;
  return `${named}  older than ${keptFor}: from before ${moment(before)}${waits === null ? "" : `; left: ${waits}`}`;
}
