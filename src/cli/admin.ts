import { InvalidArgumentError } from "commander";
import { Failure } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import type { LocalAdministrator } from "../domain/local-access";
import { plain } from "../domain/plain";
import { givenKey } from "./arguments/given-key";
import { givenMoment, TIME } from "./arguments/given-moment";
import { givenReason } from "./arguments/given-reason";
import { readPassword } from "./arguments/read-password";
import { triggeredBy } from "./arguments/triggered-by";
import { type AddCommand, examples } from "./command";
import { columns, moment } from "./text/layout";

/** NIST SP 800-63B-4 for a password that is all there is. Characters. */
const SHORTEST = 15;

interface CreateOptions {
  readonly role?: readonly string[];
  readonly until?: string;
  readonly reason: string;
}

export const addAdmin: AddCommand = (program, perform) => {
  const admin = program
    .command("admin")
    .summary("administrators for emergencies, whom no customer's system knows")
    .description(
      "Makes, lists and removes local administrators. They sign in at the source `local`, by a password that is kept here; no customer's " +
        "system is ever asked about them. Each use is logged as a warning.",
    )
    .addHelpText(
      "before",
      examples(
        "understudy admin create breakglass --reason 'emergencies'",
        "understudy admin list",
        "understudy admin remove breakglass --reason 'left the team'",
      ),
    );
  for (const add of [addCreate, addList, addRemove]) add(admin, perform);
};

const roles = (role: string, before: readonly string[] = []): readonly string[] => [...before, givenKey(role)];

const addCreate: AddCommand = (admin, perform) => {
  admin
    .command("create")
    .summary("make one")
    .description(
      `Makes a local administrator; the password, ${SHORTEST} characters or more, comes from a prompt or standard input.`,
    )
    .argument("<name>", "what they sign in with", nameOf)
    .option("--role <role...>", "which roles applications see; otherwise `administrator`", roles)
    .option("--until <time>", `until when: ${TIME}`, givenMoment)
    .requiredOption("--reason <text>", "kept in the audit", givenReason)
    .addHelpText("before", examples("understudy admin create breakglass --until 2027-01-01 --reason 'emergencies'"))
    .action((name: string, { role, until, reason }: CreateOptions) =>
      perform({ name: "admin create", table: false }, (context) =>
        context.withApp(async (app) => {
          const password = await readPassword(context.terminal, `Password of ${name}`);
          if ([...password].length < SHORTEST)
            throw new Failure("USE001", `the password is shorter than ${SHORTEST} characters; nothing was done`, {
              fix: "take a longer one: nothing else keeps out somebody who guesses",
            });
          const made = await app.createAdministrator({
            name,
            password,
            reason,
            by: triggeredBy(reason).by,
            roles: role ?? ["administrator"],
            until: until ?? null,
          });
          context.answer({
            value: made,
            text: () =>
              `${name} signs in at the source \`local\`${until === undefined ? "" : ` until ${moment(until)}`}`,
          });
          return EXIT.done;
        }),
      ),
    );
};

const addList: AddCommand = (admin, perform) => {
  admin
    .command("list")
    .summary("who there is")
    .description("Lists the local administrators, and when each was let in last.")
    .addHelpText("before", examples("understudy admin list", "understudy admin list -o csv"))
    .action(() =>
      perform({ name: "admin list", table: true }, (context) =>
        context.withApp(async (app) => {
          const found = await app.administrators();
          context.answer({
            value: found,
            records: found,
            table: [["name", "roles", "createdAt", "validUntil", "lastLogin"], ...found.map(row)],
            text: () => (found.length === 0 ? "there are none" : columns(found.map(cells)).join("\n")),
          });
          return EXIT.done;
        }),
      ),
    );
};

const addRemove: AddCommand = (admin, perform) => {
  admin
    .command("remove")
    .summary("end one")
    .description("Removes a local administrator, with every session.")
    .argument("<name>", "what they sign in with")
    .option("--reason <text>", "kept in the audit")
    .addHelpText("before", examples("understudy admin remove breakglass"))
    .action((name: string, { reason }: { reason?: string }) =>
      perform({ name: "admin remove", table: false }, (context) =>
        context.withApp(async (app) => {
          await app.removeAdministrator({ name, by: triggeredBy(reason).by, reason: reason ?? null });
          context.answer({ value: { name }, text: () => plain(`${name} is no longer an administrator`) });
          return EXIT.done;
        }),
      ),
    );
};

const row = ({ name, roles, createdAt, validUntil, lastLogin }: LocalAdministrator) => [
  name,
  roles.join(" "),
  createdAt,
  validUntil,
  lastLogin,
];

const cells = ({ name, roles, validUntil, lastLogin }: LocalAdministrator): readonly string[] => [
  name,
  roles.join(", "),
  validUntil === null ? "without end" : `until ${moment(validUntil)}`,
  lastLogin === null ? "never let in" : `let in ${moment(lastLogin)}`,
];

function nameOf(text: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(text))
    throw new InvalidArgumentError("it must be lower-case letters, digits, `.`, `_` and `-`");
  return text;
}
