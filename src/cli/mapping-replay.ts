import { Option } from "commander";
import { EXIT } from "../domain/exit-codes";
import { plain } from "../domain/plain";
import type { ReplayAnswer } from "../domain/replay";
import { givenFile, RECORDS } from "./arguments/given-file";
import { refuseUnknownSource } from "./arguments/refuse-unknown-source";
import { streamAddress } from "./arguments/stream-address";
import { type AddCommand, examples } from "./command";
import { printError } from "./print-failure";
import { counted, grouped, indented, inSections, moment } from "./text/layout";
import { accessLines, changeLines } from "./text/plan-text";
import { books, rejectLines } from "./text/report-text";
import { type Palette, paletteFor } from "./text/terminal";

interface ReplayOptions {
  readonly with?: string;
  readonly live?: true;
  readonly exitCode?: true;
}

export const addMappingReplay: AddCommand = (program, perform) => {
  program
    .command("replay")
    .summary("run the edited mapping over the records of the last run")
    .description(
      "Tells what the mapping as it stands now would change, for how many people, access first. Works on the raw records that the job keeps (`keepRaw:`), without the upstream; writes nothing.",
    )
    .argument("<stream>", "SOURCE/ENTITY")
    .addOption(
      new Option("--with <file>", "records in JSON: a list, one, a page, or one a line; - is standard input").conflicts(
        "live",
      ),
    )
    .option("--live", "read the records from the upstream now")
    .option("--exit-code", `exit with ${EXIT.changes} when something would change`)
    .addHelpText(
      "before",
      examples("understudy mapping replay acme/users", "understudy mapping replay acme/users --exit-code -o json"),
    )
    .action((address: string, options: ReplayOptions) =>
      perform({ name: "mapping replay", table: false }, (context) =>
        context.withApp(async (app) => {
          const { source, entity } = streamAddress(address, "mapping replay", await app.sources());
          await refuseUnknownSource(context, app, source);
          const file = options.with === undefined ? null : await givenFile(options.with, RECORDS, context.terminal);
          const request = { source, entity, file, live: options.live === true };
          const replayed = await context.following(source, undefined, (by) => app.replayMapping({ ...request, ...by }));
          context.answer({ value: replayed, text: (palette) => replayText(replayed, palette) });
          const { stderr, env } = context.terminal;
          if (replayed.error !== null) printError(replayed.error, stderr, paletteFor(stderr, env));
          if (replayed.records.from === "live" && replayed.error?.code.startsWith("UPS")) return EXIT.upstream;
          return options.exitCode === true && isChange(replayed) ? EXIT.changes : EXIT.done;
        }),
      ),
    );
};

const isChange = ({ changesTotal, newlyRejected, error }: ReplayAnswer): boolean =>
  changesTotal > 0 || newlyRejected > 0 || error !== null;

/** Who gains or loses access, then the records, then the counts and what they were made of. */
function replayText(answer: ReplayAnswer, palette: Palette): string {
  const { source, entity, changesTotal, people, newlyRejected, held } = answer;
  const rest = `understudy mapping replay ${source}/${entity} -o json`;
  const how = { detail: "usual", rest } as const;
  const sections: readonly (readonly string[])[] = [
    [
      `${palette.bold(`${source}/${entity}`)}  ${
        isChange(answer)
          ? `${counted(changesTotal, "change")} for ${counted(people, "person", "people")}${newlyRejected === 0 ? "" : `, ${palette.red(`${counted(newlyRejected, "record")} rejected that mapped before`)}`}`
          : palette.green("nothing would change")
      }`,
      ...indented(recordLines(answer)),
    ],
    answer.access.length > 0
      ? accessLines(answer, how, palette)
      : changesTotal > 0
        ? ["nobody gains or loses access"]
        : [],
    changeLines(answer, how, palette),
    rejectLines(answer, rest),
    held.map(({ message }) => palette.yellow(`would be held: ${plain(message)}`)),
    books(answer),
    ["nothing was changed"],
  ];
  return inSections(sections);
}

function recordLines({ records, notCompared }: ReplayAnswer): readonly string[] {
  const { from, file, run, at, without } = records;
  if (from === "live") return ["records as the upstream sends them now"];
  if (from === "file") return [`records of ${plain(file ?? "")}`];
  const listed = (names: readonly string[]): string => names.map((name) => `\`${plain(name)}\``).join(", ");
  return [
    `records kept up to run ${grouped(run ?? 0)}${at === null ? "" : `, ${moment(at)}`}, without those that \`skip\` or \`deletes\` left out`,
    ...(without.length === 0 ? [] : [`kept without ${listed(without)}`]),
    ...(notCompared.length === 0 ? [] : [`not compared, for they read what is not kept: ${listed(notCompared)}`]),
  ];
}
