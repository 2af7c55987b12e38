import { InvalidArgumentError } from "commander";
import { EXIT } from "../domain/exit-codes";
import type { LocalGrant } from "../domain/local-access";
import { plain } from "../domain/plain";
import { givenKey } from "./arguments/given-key";
import { givenMoment, TIME } from "./arguments/given-moment";
import { givenReason } from "./arguments/given-reason";
import { triggeredBy } from "./arguments/triggered-by";
import { type AddCommand, examples } from "./command";
import { columns, moment } from "./text/layout";

interface GrantOptions {
  readonly source: string;
  readonly org?: string;
  readonly until?: string;
  readonly reason: string;
}

interface ListOptions {
  readonly source: string;
  readonly user?: string;
  readonly all?: true;
}

interface RevokeOptions {
  readonly source: string;
  readonly reason?: string;
}

export const addGrant: AddCommand = (program, perform) => {
  const grant = program
    .command("grant")
    .summary("roles given here, which no synchronization takes away")
    .description("Gives a role to a person, lists such grants, or ends one. Each is in the audit.")
    .addHelpText(
      "before",
      examples(
        "understudy grant 8812 admin --source acme --until 2026-12-24 --reason 'stands in for Ada'",
        "understudy grant list --source acme",
        "understudy grant revoke 7 --source acme --reason 'Ada is back'",
      ),
    );
  for (const add of [addGrantRole, addList, addRevoke]) add(grant, perform);
};

const addGrantRole: AddCommand = (grant, perform) => {
  grant
    .command("add", { isDefault: true })
    .summary("give a person a role")
    .description("Gives a role of the mirror to a person of the mirror, until a moment or for good.")
    .argument("<user>", "the person's key")
    .argument("<role>", "the role's key")
    .requiredOption("-s, --source <source>", "whose person and role")
    .option("--org <key>", "the organization within which it is held; otherwise everywhere")
    .option("--until <time>", `when it ends by itself: ${TIME}`, givenMoment)
    .requiredOption("--reason <text>", "kept in the audit", givenReason)
    .addHelpText(
      "before",
      examples("understudy grant 8812 admin --source acme --until 2026-12-24 --reason 'stands in for Ada'"),
    )
    .action((user: string, role: string, { source, org, until, reason }: GrantOptions) =>
      perform({ name: "grant add", table: false }, (context) =>
        context.withApp(async (app) => {
          const { by } = triggeredBy(reason);
          const made = await app.grantRole({
            source,
            user,
            role,
            by,
            reason,
            org: org ?? null,
            until: until ?? null,
          });
          context.answer({
            value: made,
            text: () =>
              plain(`grant ${made.id}: ${user} holds ${role}${until === undefined ? "" : ` until ${moment(until)}`}`),
          });
          return EXIT.done;
        }),
      ),
    );
};

const addList: AddCommand = (grant, perform) => {
  grant
    .command("list")
    .summary("what was given, by whom and until when")
    .description("Lists the roles given here that stand, the newest first.")
    .requiredOption("-s, --source <source>", "whose people")
    .option("--user <key>", "one person's only", givenKey)
    .option("--all", "also those that ended")
    .addHelpText(
      "before",
      examples("understudy grant list --source acme", "understudy grant list --source acme --all -o csv"),
    )
    .action(({ source, user, all }: ListOptions) =>
      perform({ name: "grant list", table: true }, (context) =>
        context.withApp(async (app) => {
          const grants = await app.grants({ source, user: user ?? null, all: all === true });
          context.answer({
            value: grants,
            records: grants,
            table: [
              ["id", "user", "role", "org", "grantedAt", "grantedBy", "reason", "until", "endedAt"],
              ...grants.map(row),
            ],
            text: () => (grants.length === 0 ? "no roles are given here" : columns(grants.map(cells)).join("\n")),
          });
          return EXIT.done;
        }),
      ),
    );
};

const addRevoke: AddCommand = (grant, perform) => {
  grant
    .command("revoke")
    .summary("end a grant before its time")
    .description("Ends a role given here. One that the customer's system states is not ours to end.")
    .argument("<id>", "its number, as `grant list` shows it", grantId)
    .requiredOption("-s, --source <source>", "whose person it is")
    .option("--reason <text>", "kept in the audit")
    .addHelpText("before", examples("understudy grant revoke 7 --source acme --reason 'Ada is back'"))
    .action((id: number, { source, reason }: RevokeOptions) =>
      perform({ name: "grant revoke", table: false }, (context) =>
        context.withApp(async (app) => {
          const { by } = triggeredBy(reason);
          const ended = await app.revokeGrant({ source, id, by, reason: reason ?? null });
          context.answer({
            value: ended,
            text: () => plain(`grant ${id} is ended: ${ended.user} no longer holds ${ended.role} by it`),
          });
          return EXIT.done;
        }),
      ),
    );
};

const row = ({ id, user, role, org, grantedAt, grantedBy, reason, until, endedAt }: LocalGrant) => [
  id,
  user,
  role,
  org,
  grantedAt,
  grantedBy,
  reason,
  until,
  endedAt,
];

const cells = ({ id, user, role, org, grantedBy, reason, until, endedAt }: LocalGrant): readonly string[] => [
  String(id),
  user,
  role,
  org === null ? "" : `in ${org}`,
  endedAt !== null ? `ended ${moment(endedAt)}` : until === null ? "without end" : `until ${moment(until)}`,
  `by ${grantedBy}: ${reason}`,
];

function grantId(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("it must be the number of a grant");
  return Number(text);
}
