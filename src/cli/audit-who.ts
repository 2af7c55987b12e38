import type { RoleHolder, WhoAnswer } from "../domain/audit";
import { EXIT } from "../domain/exit-codes";
import { plain } from "../domain/plain";
import { givenMoment, TIME } from "./arguments/given-moment";
import { type AddCommand, examples } from "./command";
import { causedBy } from "./text/caused-by";
import { columns, counted, indented, moment, named } from "./text/layout";
import type { Palette } from "./text/terminal";

interface WhoOptions {
  readonly source: string;
  readonly at?: string;
}

export const addAuditWho: AddCommand = (audit, perform) => {
  audit
    .command("who")
    .summary("who holds a role, or held it at a moment")
    .description("Lists who held a role at a moment, from the audit alone: since when, why and through whom.")
    .argument("<role>", "its key, or a name that no other role has or had")
    .requiredOption("-s, --source <source>", "whose role")
    .option("--at <time>", `when: ${TIME}; otherwise now`, givenMoment)
    .addHelpText(
      "before",
      examples(
        "understudy audit who admin --source acme",
        "understudy audit who 'Depot clerk' --source acme --at 2026-11-01",
        "understudy audit who admin --source acme --at 2026-11-01T08:30:00Z -o csv",
      ),
    )
    .action((role: string, { source, at }: WhoOptions) =>
      perform({ name: "audit who", table: true }, (context) =>
        context.withApp(async (app) => {
          const found = await app.auditWho({ source, role, at: at ?? null });
          context.answer({
            value: found,
            records: found.holders,
            table: [["key", "name", "org", "since", "cause", "actor", "reason", "run"], ...found.holders.map(row)],
            text: (palette) => whoText(found, palette),
          });
          return EXIT.done;
        }),
      ),
    );
};

function whoText({ source, role, at, holders, note }: WhoAnswer, palette: Palette): string {
  const people = new Set(holders.map((holder) => holder.key)).size;
  const held = people === 0 ? "held by nobody" : `held by ${counted(people, "person", "people")}`;
  const title = `${named(role.name, role.key)} of ${plain(source)}`;
  return [
    `${palette.bold(title)}  ${held} at ${moment(at)}`,
    ...indented(
      columns(
        holders.map((holder) => [
          named(holder.name, holder.key),
          holder.org === null ? "" : `in ${holder.org}`,
          `since ${moment(holder.since)}`,
          causedBy(holder),
        ]),
      ),
    ),
    ...(note === null ? [] : [palette.yellow(plain(note))]),
  ].join("\n");
}

const row = ({ key, name, org, since, cause, actor, reason, run }: RoleHolder) => [
  key,
  name,
  org,
  since,
  cause,
  actor,
  reason,
  run,
];
