import { Failure } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import { plain } from "../domain/plain";
import { suggestion } from "../domain/suggest";
import { type AddCommand, examples } from "./command";
import { type CodeGroup, codeGroups, type ExplainedCode, PAGES, pageOf } from "./text/code-pages";
import { columns, indented } from "./text/layout";
import { markdownText } from "./text/markdown-text";
import type { Palette } from "./text/terminal";

/** Longer lines are hard to read, however wide the terminal is; some say that they are 0 wide. */
const WIDEST = 100;

export const addExplain: AddCommand = (program, perform) => {
  program
    .command("explain")
    .summary("what a code such as MAP012 means, and what to do")
    .description("Explains the code of a message, with an example; without one, lists all codes. Needs no files.")
    .argument("[code]", "as in `error[MAP012]`; in any case")
    .addHelpText("before", examples("understudy explain MAP012", "understudy explain"))
    .action((wanted?: string) =>
      perform({ name: "explain", table: wanted === undefined }, async (context) => {
        const groups = codeGroups();
        const codes = groups.flatMap((group) => group.codes);
        if (wanted === undefined) {
          context.answer({
            value: codes,
            records: codes,
            table: [
              ["code", "title", "exit", "retry"],
              ...codes.map(({ code, title, exit, retry }) => [code, title, exit, String(retry)]),
            ],
            text: (palette) => listText(groups, palette),
          });
        } else {
          const found = find(wanted, codes);
          const page = pageOf(found);
          const width = Math.min(context.terminal.stdout.columns || WIDEST, WIDEST);
          context.answer({ value: { ...found, page }, text: (palette) => pageText(found, page, palette, width) });
        }
        return EXIT.done;
      }),
    );
};

/** @throws Failure USE001, with the code that was probably meant */
function find(wanted: string, codes: readonly ExplainedCode[]): ExplainedCode {
  // Also as it was printed and copied.
  const name = wanted
    .trim()
    .replace(/^(?:error|warning)?\[(\w+)\]:?$/, "$1")
    .toUpperCase();
  const found = codes.find(({ code }) => code === name);
  if (found !== undefined) return found;
  const known = codes.map(({ code }) => code);
  throw new Failure("USE001", `there is no code \`${plain(wanted)}\``, {
    fix: suggestion(name, known, null) ?? "see what there is: understudy explain",
  });
}

const listText = (groups: readonly CodeGroup[], palette: Palette): string =>
  groups
    .map(({ name, codes }) =>
      [palette.bold(name), ...indented(columns(codes.map(({ code, title }) => [code, title])))].join("\n"),
    )
    .join("\n\n");

/** The page, and under its title what the code means for the command: its exit code, and whether to try again. */
function pageText({ code, exit, retry }: ExplainedCode, page: string, palette: Palette, width: number): string {
  const [title = "", ...rest] = markdownText(page, { palette, width, folder: PAGES }).split("\n\n");
  const mayWarn = exit === EXIT.files && /^(CFG|OAS|MAP)/.test(code);
  const ends = mayWarn ? `exit ${exit} as an error, 0 as a warning` : `exit ${exit}`;
  const terms = `${ends}; trying again ${retry ? "later may help" : "does not help by itself"}`;
  return [`${title}\n${palette.dim(terms)}`, ...rest].join("\n\n");
}
