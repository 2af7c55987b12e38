import { CODES } from "../domain/error-codes";
import { hasErrors } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import { noSourcesText } from "../domain/no-source";
import { type AddCommand, examples } from "./command";
import { gravest } from "./gravest";
import { printError } from "./print-failure";
import { counted } from "./text/layout";
import { problemsText } from "./text/problems-text";
import { paletteFor } from "./text/terminal";

export const addCheck: AddCommand = (program, perform) => {
  program
    .command("check")
    .summary("validate every file; contacts nothing")
    .description(
      "Validates the jobs, the mappings and the environment, and tells every mistake at once. Contacts nothing; with --sample it asks for one page of every entity that no OpenAPI document describes, and compares the mappings with what its records hold.",
    )
    .addHelpText("before", examples("understudy check", "understudy check --sample", "understudy check -o jsonl"))
    .option("--sample", "also look at records of the customers' systems, at most 100 an entity")
    .action(({ sample = false }: { sample?: boolean }) =>
      perform({ name: "check", table: false }, (context) =>
        context.withApp(async (app) => {
          const found = await app.check(sample ? { signal: context.interruption.signal } : undefined);
          const { problems, files, sources, sampled, failures } = found;
          for (const { source, entity, records } of sampled)
            context.terminal.stderr.write(`${source}: looked at ${counted(records, "record")} of \`${entity}\`\n`);
          context.answer({
            value: found,
            records: problems,
            text: (palette) =>
              problems.length > 0
                ? problemsText(problems, palette)
                : sources.length === 0
                  ? noSourcesText(context.home)
                  : `${counted(files.length, "file")} of ${counted(sources.length, "source")}: no mistakes${failures.length === 0 ? "" : " in what was looked at"}`,
          });
          const { stderr, env } = context.terminal;
          for (const { source, entity, code, message, fix } of failures) {
            const whole = `\`${source}/${entity}\` was not looked at: ${message}`;
            printError({ code, message: whole, fix }, stderr, paletteFor(stderr, env));
          }
          return gravest([
            hasErrors(problems) ? EXIT.files : EXIT.done,
            ...failures.map(({ code }) => CODES[code].exit),
          ]);
        }),
      ),
    );
};
