import type { ExportedEntry, ExportSummary } from "../domain/audit";
import { EXIT } from "../domain/exit-codes";
import { plain } from "../domain/plain";
import { givenMoment, TIME } from "./arguments/given-moment";
import { refuseNoTime } from "./arguments/refuse-no-time";
import { type AddCommand, examples } from "./command";
import { ENTRY_COLUMNS, entryCells, entryLines } from "./text/entry-text";
import { counted, moment } from "./text/layout";

interface ExportOptions {
  readonly source?: string;
  readonly since?: string;
  readonly until?: string;
}

export const addAuditExport: AddCommand = (audit, perform) => {
  audit
    .command("export")
    .summary("every entry of the audit, to keep or to look through elsewhere")
    .description(
      "Writes every entry of the audit, oldest first, however many there are; then tells how many there were.",
    )
    .option("-s, --source <source>", "only those of one source; otherwise of all")
    .option("--since <time>", `leave out what was before: ${TIME}`, givenMoment)
    .option("--until <time>", `leave out what was then or later: ${TIME}`, givenMoment)
    .addHelpText(
      "before",
      examples(
        "understudy audit export -o jsonl | gzip > audit.jsonl.gz",
        "understudy audit export --since 2026-11-01 --until 2026-12-01 -o csv > november.csv",
        "understudy audit export --source acme --since 2026-11-28T08:00:00Z",
      ),
    )
    .action((options: ExportOptions) =>
      perform({ name: "audit export", table: true }, (context) =>
        context.withApp(async (app) => {
          const { source = null, since = null, until = null } = options;
          refuseNoTime(["--since", since], ["--until", until]);
          const { stderr } = context.terminal;
          const stream = context.stream<ExportedEntry>({
            list: "entries",
            columns: ["id", "source", ...ENTRY_COLUMNS, "owner"],
            row: (entry) => [entry.id, entry.source, ...entryCells(entry), entry.owner],
            text: (entry, palette) => entryLines(entry, palette, entry.source),
          });
          const { signal } = context.interruption;
          const summary = await app.auditExport({ source, since, until, take: stream.write, signal });
          if (summary === null || !(await stream.end(summary))) {
            stderr.write("not all of the audit: the output ended before the entries did\n");
            return EXIT.output;
          }
          stderr.write(`${summaryText(summary)}\n`);
          return EXIT.done;
        }),
      ),
    );
};

/** Told at the end alone: what ends without it is not the whole. */
function summaryText({ source, since, count, first, last, asOf, auditSince }: ExportSummary): string {
  const of = source === null ? "" : ` of ${plain(source)}`;
  const between = first === null || last === null ? "" : `, from ${moment(first)} to ${moment(last)}`;
  const whole =
    auditSince === null || (since !== null && since >= auditSince)
      ? ""
      : `; from before ${moment(auditSince)} only what still held then`;
  return `${count === 0 ? "no entry" : counted(count, "entry", "entries")}${of}${between}; as of ${moment(asOf)}${whole}`;
}
