import type { AuditEntry } from "../domain/changes";
import { type AddCommand, examples } from "./command";
import { moment } from "./layout";
import { describeChange } from "./plan-text";
import { addPlanned } from "./planned";
import { userAddress } from "./show";
import type { Palette } from "./terminal";

export const addAudit: AddCommand = (program, run) => {
  const audit = program
    .command("audit")
    .summary("who changed what, and why")
    .description("Every change of the mirror, with its cause, its run and who started it.")
    .addHelpText("before", examples("understudy audit user acme/8812"));

  audit
    .command("user")
    .summary("what happened to one person")
    .description("Lists every change of a person and of what they hold, oldest first.")
    .argument("<user>", "SOURCE/KEY")
    .addHelpText("before", examples("understudy audit user acme/8812", "understudy audit user acme/8812 -o csv"))
    .action((user: string) =>
      run({ name: "audit user", table: true }, (context) =>
        context.withApp(async (app) => {
          const { source, key } = userAddress(user.replace(/^user:/, ""), `audit user ${user}`);
          const found = await app.auditUser(source, key);
          context.answer({
            value: found,
            records: found.entries,
            table: [
              ["at", "kind", "entity", "key", "related", "scope", "old", "new", "cause", "actor", "reason", "run"],
              ...found.entries.map(row),
            ],
            text: (palette) =>
              found.entries.length === 0
                ? `nothing is recorded of ${source}/${key}`
                : found.entries.flatMap((entry) => entryLines(entry, palette)).join("\n"),
          });
          return 0;
        }),
      ),
    );

  addPlanned(audit, run, ["who", "diff", "export", "verify"]);
};

function entryLines(entry: AuditEntry, palette: Palette): readonly string[] {
  const [what, ...fields] = describeChange(entry, palette);
  const because = entry.reason === null ? "" : `: ${entry.reason}`;
  return [`${moment(entry.at)}  ${what}  ${palette.dim(`by ${entry.actor} in run ${entry.run}${because}`)}`, ...fields];
}

const row = (entry: AuditEntry) => [
  ...[entry.at, entry.kind, entry.entity, entry.key, entry.related, entry.scope],
  ...[entry.old, entry.new].map((values) => (values === null ? null : JSON.stringify(values))),
  ...[entry.cause, entry.actor, entry.reason, entry.run],
];
