import type { DoctorCheck } from "../domain/answers";
import { EXIT } from "../domain/exit-codes";
import { type AddCommand, examples } from "./command";
import { gravest } from "./gravest";
import type { Palette } from "./text/terminal";

/** By the names of checks; whatever else is wrong is mended in files or in the environment. */
const EXITS: Readonly<Record<string, number>> = {
  bug: EXIT.bug,
  database: EXIT.store,
  queue: EXIT.store,
  credentials: EXIT.upstream,
};

export const addDoctor: AddCommand = (program, perform) => {
  program
    .command("doctor")
    .summary("files, database, clock, queue, credentials, versions")
    .description(
      "Looks at everything Understudy needs, and says what is used and what is wrong. Each customer's system is asked for one page.",
    )
    .addHelpText("before", examples("understudy doctor", "understudy doctor --json"))
    .action(() =>
      perform({ name: "doctor", table: true }, (context) =>
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
          return gravest(wrong.map(({ name }) => EXITS[name] ?? EXIT.files));
        }),
      ),
    );
};

/** The word says it, the colour only helps. */
function checkLines({ name, state, message, fix }: DoctorCheck, palette: Palette): readonly string[] {
  const paint = { ok: palette.green, warning: palette.yellow, error: palette.red }[state];
  return [
    `${paint(state.padEnd(7))}  ${name.padEnd(11)}  ${message}`,
    ...(fix === null ? [] : [`${" ".repeat(22)}${fix}`]),
  ];
}
