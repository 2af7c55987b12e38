import type { DoctorCheck } from "../domain/answers";
import { type AddCommand, examples } from "./command";
import { EXIT } from "./exit-codes";
import type { Palette } from "./text/terminal";

/** Whatever else is wrong is mended in files or in the environment. */
const STORES: readonly string[] = ["database", "queue"];

export const addDoctor: AddCommand = (program, run) => {
  program
    .command("doctor")
    .summary("database, queue, files, versions")
    .description("Looks at everything Understudy needs, and says what is used and what is wrong.")
    .addHelpText("before", examples("understudy doctor", "understudy doctor --json"))
    .action(() =>
      run({ name: "doctor", table: true }, (context) =>
        context.withApp(async (app) => {
          const checks = await app.doctor();
          context.answer({
            value: checks,
            records: checks,
            table: [
              ["name", "state", "message", "fix"],
              ...checks.map((one) => [one.name, one.state, one.message, one.fix]),
            ],
            text: (palette) => checks.flatMap((one) => checkLines(one, palette)).join("\n"),
          });
          const wrong = checks.filter((one) => one.state === "error");
          if (wrong.length === 0) return EXIT.done;
          return wrong.some(({ name }) => STORES.includes(name)) ? EXIT.store : EXIT.files;
        }),
      ),
    );
};

/** The word says it, the colour only helps. */
function checkLines({ name, state, message, fix }: DoctorCheck, palette: Palette): readonly string[] {
  const paint = { ok: palette.green, warning: palette.yellow, error: palette.red }[state];
  return [
    `${paint(state.padEnd(7))}  ${name.padEnd(9)}  ${message}`,
    ...(fix === null ? [] : [`${" ".repeat(20)}${fix}`]),
  ];
}
