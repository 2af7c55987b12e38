import { EXIT } from "../domain/exit-codes";
import type { NotifyTest } from "../domain/notify";
import { type AddCommand, examples } from "./command";
import type { Palette } from "./text/terminal";

export const addNotify: AddCommand = (program, perform) => {
  const notify = program
    .command("notify")
    .summary("who is told when a source is no longer as it was")
    .description("Jobs name under `notify` who is told when the state of their source changes.")
    .addHelpText("before", examples("understudy notify test acme"));

  notify
    .command("test")
    .summary("send a test message")
    .description("Sends a test message to everybody whom the job of a source names, and tells what came of it.")
    .argument("<source>", "name of the source")
    .addHelpText("before", examples("understudy notify test acme", "understudy notify test acme --json"))
    .action((source: string) =>
      perform({ name: "notify test", table: true }, (context) =>
        context.withApp(async (app) => {
          const tests = await app.testNotify(source, context.interruption.signal);
          context.answer({
            value: tests,
            records: tests,
            table: [["target", "to", "delivered", "problem"], ...tests.map(row)],
            text: (palette) => tests.map((test) => line(test, palette)).join("\n"),
          });
          return tests.every(({ delivered }) => delivered) ? EXIT.done : EXIT.upstream;
        }),
      ),
    );
};

const row = ({ target, to, delivered, problem }: NotifyTest) => [target, to, delivered ? "yes" : "no", problem];

const line = ({ target, to, delivered, problem }: NotifyTest, palette: Palette): string =>
  delivered
    ? `${palette.green("sent".padEnd(8))}  ${target.padEnd(7)}  ${to}`
    : `${palette.red("not sent")}  ${target.padEnd(7)}  ${to}: ${problem}`;
