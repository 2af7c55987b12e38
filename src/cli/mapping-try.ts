import { Option } from "commander";
import { Failure } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import type { SampleRequest } from "../domain/mapping-trials";
import { givenFile, RECORDS, type Wanted } from "./arguments/given-file";
import { givenKey } from "./arguments/given-key";
import { wholeNumber } from "./arguments/whole-number";
import { type AddCommand, type CommandContext, examples } from "./command";
import { trialText } from "./text/mapping-try-text";

const DEFAULT_WIDTH = 80;
const PARENT: Wanted = { what: "a file with the parent's record in JSON", ifLarger: "give that one record alone" };

interface TryOptions {
  readonly source?: string;
  readonly with?: string;
  readonly parent?: string;
  readonly live?: true;
  readonly key?: string;
  readonly limit: number;
}

export const addMappingTry: AddCommand = (mapping, perform) => {
  mapping
    .command("try")
    .summary("show what a mapping makes of records")
    .description(
      "Shows records beside what a mapping makes of them, field by field. Takes the records of the mapping's tests, of a file, or " +
        "of the customer's system, whose personal data is masked. Writes nothing.",
    )
    .argument("<entity>", "ENTITY of the job, or SOURCE/ENTITY")
    .option("-s, --source <source>", "the source, when it is not said before the entity")
    .addOption(
      new Option("--with <file>", "records in JSON: a list, one, a page, or one a line; - is standard input").conflicts(
        ["live", "key"],
      ),
    )
    .option("--parent <file>", "with --with: the parent's record, for entities with `each`")
    .addOption(new Option("--live", "the first records that the customer's system lists").conflicts("key"))
    .option("--key <key>", "the record with this key in the customer's system", givenKey)
    .option("-n, --limit <count>", "at most so many records", wholeNumber, 20)
    .addHelpText(
      "before",
      examples(
        "understudy mapping try acme/users",
        "understudy mapping try users --source acme --with record.json",
        "curl … | understudy mapping try acme/users --with -",
        "understudy mapping try acme/users --live --limit 5",
        "understudy mapping try acme/users --key 8812 -o json",
      ),
    )
    .action((entity: string, options: TryOptions) =>
      perform({ name: "mapping try", table: false }, (context) => tryMapping(context, entity, options)),
    );
};

async function tryMapping(context: CommandContext, named: string, options: TryOptions): Promise<number> {
  const { source, entity } = addressOf(named, options);
  const sample = await sampleOf(options, context);
  return context.withApp(async (app) => {
    const { signal } = context.interruption;
    const trial = await app.tryMapping({ source, entity, sample, limit: options.limit, signal });
    if (trial.from === "tests" && trial.records.length === 0) {
      throw new Failure("USE001", `try it on what? ${trial.file} has no tests whose records could be taken`, {
        fix: "name records: --with FILE, --live or --key KEY",
      });
    }
    const width = context.terminal.stdout.columns ?? DEFAULT_WIDTH;
    context.answer({ value: trial, records: trial.records, text: (palette) => trialText(trial, width, palette) });
    return trial.rejected > 0 ? EXIT.rejects : EXIT.done;
  });
}

/** @throws Failure USE001 */
function addressOf(named: string, options: TryOptions): { readonly source: string; readonly entity: string } {
  const [, before, entity] = /^(?:([^/]+)\/)?([^/]+)$/.exec(named) ?? [];
  const source = before ?? options.source;
  const isOne = before === undefined || options.source === undefined || before === options.source;
  if (entity !== undefined && source !== undefined && isOne) return { source, entity };
  throw new Failure(
    "USE001",
    source === undefined ? `\`${named}\` of which source?` : `\`${named}\` is no entity of one source`,
    {
      fix: "write SOURCE/ENTITY, such as acme/users, or ENTITY --source SOURCE",
    },
  );
}

async function sampleOf(options: TryOptions, { terminal }: CommandContext): Promise<SampleRequest> {
  if (options.with === undefined && options.parent !== undefined) {
    throw new Failure("USE001", "`--parent` belongs to `--with`", { fix: "name the child's records too: --with FILE" });
  }
  if (options.live === true) return { from: "live" };
  if (options.key !== undefined) return { from: "key", key: options.key };
  if (options.with === undefined) return { from: "tests" };
  const parent = options.parent === undefined ? null : await givenFile(options.parent, PARENT, terminal);
  return { from: "file", ...(await givenFile(options.with, RECORDS, terminal)), parent };
}
