import type { App } from "../domain/app";
import { Failure, InvalidFiles } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import { type AddCommand, type CommandContext, examples } from "./command";
import { printFailure } from "./print-failure";
import { testsText } from "./text/mapping-test-text";
import { canRedraw } from "./text/terminal";
import { changesOf } from "./watch-files";

interface TestOptions {
  readonly watch?: true;
}

export const addMappingTest: AddCommand = (mapping, perform) => {
  mapping
    .command("test")
    .summary("run the tests in mapping files; contacts nothing")
    .description(
      "Runs the tests that stand in mapping files, as a run would map their records. Tells of each failure what the field read " +
        "and why it got its value, and which fields and branches no test reaches. Contacts nothing.",
    )
    .argument("[mappings...]", "SOURCE, SOURCE/ENTITY or a mapping file (default: all)")
    .option("-w, --watch", "run them again whenever a file is saved, until Ctrl-C")
    .addHelpText(
      "before",
      examples(
        "understudy mapping test",
        "understudy mapping test acme/users --watch",
        "understudy mapping test mappings/acme/users.yaml -o jsonl",
      ),
    )
    .action((targets: readonly string[], { watch }: TestOptions) =>
      perform({ name: "mapping test", table: false }, (context) =>
        context.withApp((app) => (watch === true ? watchTests(app, targets, context) : test(app, targets, context))),
      ),
    );
};

async function test(app: App, targets: readonly string[], context: CommandContext): Promise<number> {
  const answer = await app.testMappings(targets);
  context.answer({
    value: answer,
    records: answer.files.flatMap(({ source, entity, file, tests }) =>
      tests.map((one) => ({ source, entity, file, ...one })),
    ),
    text: (palette) => testsText(answer, context.home, palette),
  });
  return answer.failed === 0 ? EXIT.done : EXIT.files;
}

/**
 * Ends only when told to. Mistakes in files are waited out, and so is a file that is gone; but not a name mistyped at
 * the start.
 */
async function watchTests(app: App, targets: readonly string[], context: CommandContext): Promise<number> {
  const { terminal, interruption, home } = context;
  const { stdout, stderr, env } = terminal;
  let began = false;
  for await (const _ of changesOf(home, interruption.signal)) {
    if (canRedraw(stdout, env)) stdout.write(CLEAR);
    try {
      await test(app, targets, context);
    } catch (error) {
      if (!(error instanceof InvalidFiles || (began && error instanceof Failure))) throw error;
      printFailure(error, terminal, { stacks: false });
    }
    began = true;
    stderr.write("\nwaiting for changes in jobs/ and mappings/; Ctrl-C ends\n");
  }
  return interruption.exitCode();
}

/** The screen, what scrolled out of it, and back to the top. */
const CLEAR = "\u001b[2J\u001b[3J\u001b[H";
