import type { AuditAnswer } from "../domain/audit";
import { EXIT } from "../domain/exit-codes";
import { givenMoment, TIME } from "./arguments/given-moment";
import { userAddress } from "./arguments/user-address";
import { type AddCommand, examples } from "./command";
import { ENTRY_COLUMNS, entryCells, entryLines } from "./text/entry-text";
import { moment } from "./text/layout";
import type { Palette } from "./text/terminal";

export const addAuditUser: AddCommand = (audit, perform) => {
  audit
    .command("user")
    .summary("what happened to one person")
    .description("Lists every change of a person and of what they hold, oldest first.")
    .argument("<user>", "SOURCE/KEY")
    .option("--since <time>", `leave out what was before: ${TIME}`, givenMoment)
    .addHelpText(
      "before",
      examples("understudy audit user acme/8812", "understudy audit user acme/8812 --since 2026-11-01 -o csv"),
    )
    .action((user: string, { since }: { readonly since?: string }) =>
      perform({ name: "audit user", table: true }, (context) =>
        context.withApp(async (app) => {
          const { source, key } = userAddress(user, { command: "audit user" });
          const found = await app.auditUser(source, key, since ?? null);
          context.answer({
            value: found,
            records: found.entries,
            table: [ENTRY_COLUMNS, ...found.entries.map(entryCells)],
            text: (palette) => userText(found, since ?? null, palette),
          });
          return EXIT.done;
        }),
      ),
    );
};

function userText({ source, key, entries, note }: AuditAnswer, since: string | null, palette: Palette): string {
  if (entries.length > 0)
    return [
      ...entries.flatMap((entry) => entryLines(entry, palette)),
      ...(note === null ? [] : [palette.yellow(note)]),
    ].join("\n");
  return `nothing is recorded of ${source}/${key}${since === null ? "" : ` since ${moment(since)}`}`;
}
