import type { RekeySummary, RunReport } from "../domain/runs";
import { refuseUnknownSource } from "./arguments/refuse-unknown-source";
import { streamAddress } from "./arguments/stream-address";
import { wholeNumberOrZero } from "./arguments/whole-number";
import { type AddCommand, examples } from "./command";
import { asExited, tellError } from "./tell-run";
import { columns, counted, grouped, indented } from "./text/layout";
import { reportText } from "./text/report-text";
import type { Palette } from "./text/terminal";

interface RekeyOptions {
  readonly expect?: number;
  readonly reason?: string;
}

export const addMappingRekey: AddCommand = (mapping, perform) => {
  mapping
    .command("rekey")
    .summary("take over a changed `key`, so that everybody stays who they are")
    .description(
      "Reads everything once, works out the key of each record by the expression the mirror is kept by and by the one in the file, " +
        "and renames the one into the other: records, links and history stay. Without --expect it only tells.",
    )
    .argument("<stream>", "SOURCE/ENTITY")
    .option("--expect <count>", "rename, if so many get another key as you have seen", wholeNumberOrZero)
    .option("--reason <text>", "kept in the audit")
    .addHelpText(
      "before",
      examples(
        "understudy mapping rekey acme/users",
        "understudy mapping rekey acme/users --expect 1204 --reason 'their ids are UUIDs now'",
      ),
    )
    .action((address: string, { expect, reason }: RekeyOptions) =>
      perform({ name: "mapping rekey", table: false }, (context) =>
        context.withApp(async (app) => {
          const { source, entity } = streamAddress(address, "mapping rekey", await app.sources());
          await refuseUnknownSource(context, app, source);
          const request = { source, entity, expect: expect ?? null };
          const ended = await context.following(source, reason, (by) => app.rekey({ ...request, ...by }));
          const report = asExited(ended, context);
          context.answer({ value: report, text: (palette) => rekeyText(report, palette) });
          return tellError(report, context);
        }),
      ),
    );
};

function rekeyText(report: RunReport, palette: Palette): string {
  const { source, rekey } = report;
  if (rekey === undefined) return reportText(report, palette);
  const { stream, entity, renamed, applied } = rekey;
  const sections = [
    reportText(report, palette),
    [
      palette.bold(
        `${applied ? "renamed" : "to be renamed"}: ${counted(renamed, `key of ${entity}`, `keys of ${entity}`)}`,
      ),
      ...indented(renames(rekey)),
    ].join("\n"),
    ...(applied
      ? []
      : [
          `nothing was changed; to do this:\n  ${palette.cyan(`understudy mapping rekey ${source}/${stream} --expect ${renamed}`)}`,
        ]),
  ];
  return sections.join("\n\n");
}

const renames = ({ examples: shown, renamed }: RekeySummary): readonly string[] => [
  ...columns(shown.map((pair) => [pair.old, `-> ${pair.new}`])),
  ...(renamed > shown.length ? [`… and ${grouped(renamed - shown.length)} more`] : []),
];
