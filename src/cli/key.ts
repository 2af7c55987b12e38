import { InvalidArgumentError } from "commander";
import { type ApiKey, SCOPES, type Scope } from "../domain/api";
import { EXIT } from "../domain/exit-codes";
import { suggestion } from "../domain/suggest";
import { givenMoment, TIME } from "./arguments/given-moment";
import { givenWords } from "./arguments/given-words";
import { triggeredBy } from "./arguments/triggered-by";
import { type AddCommand, type CommandContext, examples } from "./command";
import { columns, moment } from "./text/layout";

interface CreateOptions {
  readonly sources: readonly string[];
  readonly scopes?: readonly Scope[];
  readonly until?: string;
}

/** What an application that signs people in needs; lists of people and grants are asked for by name. */
const USUAL: readonly Scope[] = ["login", "introspect"];

export const addKey: AddCommand = (program, perform) => {
  const key = program
    .command("key")
    .summary("who may call the API")
    .description(
      "Makes, lists and revokes the keys of applications that call the HTTP API. Without one nothing is answered.",
    )
    .addHelpText(
      "before",
      examples("understudy key create portal --sources acme", "understudy key list", "understudy key revoke portal"),
    );
  for (const add of [addCreate, addList, addRevoke]) add(key, perform);
};

const addCreate: AddCommand = (key, perform) => {
  key
    .command("create")
    .summary("let an application in")
    .description(
      "Makes a key and shows it once: the database keeps a hash. Anybody who has it may ask about these sources.",
    )
    .argument("<name>", "what you call the application, for the log and the audit", keyName)
    .requiredOption("--sources <names>", "the sources it may ask about, with commas between them", givenWords)
    .option("--scopes <names>", `what it is for: ${SCOPES.join(", ")} (default: ${USUAL.join(",")})`, scopes)
    .option("--until <time>", `when it ends by itself: ${TIME}`, givenMoment)
    .addHelpText(
      "before",
      examples(
        "understudy key create portal --sources acme",
        "understudy key create intranet --sources acme,globex --scopes login,introspect,identities --until 2027-12-31",
      ),
    )
    .action((name: string, { sources, scopes: named = USUAL, until }: CreateOptions) =>
      perform({ name: "key create", table: false }, (context) =>
        context.withApp(async (app) => {
          const { by } = triggeredBy(undefined);
          const made = await app.createKey({ name, sources, scopes: named, until: until ?? null, by });
          // The key alone is data, so that it can be sent into a file.
          context.answer({ value: made, text: () => made.key });
          context.terminal.stderr.write(
            `the key of \`${name}\`, for ${made.scopes.join(", ")} of ${made.sources.join(", ")}${ends(made)}; it is not shown again\n`,
          );
          return EXIT.done;
        }),
      ),
    );
};

const addList: AddCommand = (key, perform) => {
  key
    .command("list")
    .summary("who may call")
    .description("Lists the keys, what they are for, and when each was last used.")
    .option("--all", "also those that are revoked or over")
    .addHelpText("before", examples("understudy key list", "understudy key list --all -o json"))
    .action(({ all }: { readonly all?: true }) =>
      perform({ name: "key list", table: true }, (context) =>
        context.withApp(async (app) => tellKeys(await app.keys({ all: all === true }), context)),
      ),
    );
};

const addRevoke: AddCommand = (key, perform) => {
  key
    .command("revoke")
    .summary("shut an application out")
    .description(
      "The key opens nothing from this moment on. Sessions that it opened go on for others with a key for the source.",
    )
    .argument("<name>", "its name")
    .addHelpText("before", examples("understudy key revoke portal"))
    .action((name: string) =>
      perform({ name: "key revoke", table: false }, (context) =>
        context.withApp(async (app) => {
          const revoked = await app.revokeKey({ name, by: triggeredBy(undefined).by });
          context.answer({ value: revoked, text: () => `the key of \`${name}\` no longer opens anything` });
          return EXIT.done;
        }),
      ),
    );
};

function tellKeys(keys: readonly ApiKey[], { answer }: CommandContext): number {
  answer({
    value: keys,
    records: keys,
    table: [
      ["name", "sources", "scopes", "createdAt", "createdBy", "validUntil", "revokedAt", "usedAt"],
      ...keys.map((key) => [
        key.name,
        key.sources.join(" "),
        key.scopes.join(" "),
        key.createdAt,
        key.createdBy,
        key.validUntil,
        key.revokedAt,
        key.usedAt,
      ]),
    ],
    text: () =>
      keys.length === 0 ? "no keys: understudy key create NAME --sources SOURCE" : columns(keys.map(cells)).join("\n"),
  });
  return EXIT.done;
}

const cells = (key: ApiKey): readonly string[] => [
  key.name,
  key.sources.join(","),
  key.scopes.join(","),
  key.usedAt === null ? "never used" : `used ${moment(key.usedAt)}`,
  key.revokedAt === null ? ends(key).replace(/^, /, "") : `revoked ${moment(key.revokedAt)}`,
];

const ends = ({ validUntil }: ApiKey): string => (validUntil === null ? "" : `, until ${moment(validUntil)}`);

function keyName(text: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(text))
    throw new InvalidArgumentError("it must be letters, digits, dots, dashes and underscores, 64 at most");
  return text;
}

function scopes(text: string, before: readonly Scope[] = []): readonly Scope[] {
  return givenWords(text, before).map((word) => {
    const scope = SCOPES.find((known) => known === word);
    if (scope === undefined)
      throw new InvalidArgumentError(`\`${word}\` is none of them: ${suggestion(word, SCOPES) ?? SCOPES.join(", ")}`);
    return scope;
  });
}
