import type { ErasureAnswer } from "../domain/erasure";
import { Failure } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import { plain } from "../domain/plain";
import { quoted } from "../domain/quoted";
import { givenReason } from "./arguments/given-reason";
import { triggeredBy } from "./arguments/triggered-by";
import { userAddress } from "./arguments/user-address";
import { wholeNumberOrZero } from "./arguments/whole-number";
import { type AddCommand, examples } from "./command";
import { columns, counted, grouped, indented } from "./text/layout";
import type { Palette } from "./text/terminal";

interface EraseOptions {
  readonly expect?: number;
  readonly reason?: string;
}

export const addErase: AddCommand = (program, perform) => {
  program
    .command("erase")
    .summary("erase a person who is gone, for good")
    .description(
      "Shows what is kept of a person who is gone; with --expect it erases all of that, what the audit tells of them included. " +
        "The audit keeps that somebody was erased, by whom and why. Nothing brings it back.",
    )
    .argument("<user>", "SOURCE/KEY")
    .option("--expect <count>", "do it, if the audit has as many entries of them as you have seen", wholeNumberOrZero)
    .option("--reason <text>", "kept in the audit, so it must name nobody; needed with --expect", givenReason)
    .addHelpText(
      "before",
      examples("understudy erase acme/8812", "understudy erase acme/8812 --expect 14 --reason 'request 815'"),
    )
    .action((user: string, { expect, reason }: EraseOptions) =>
      perform({ name: "erase", table: false }, (context) => {
        const { source, key } = userAddress(user, { command: "erase" });
        if (expect !== undefined && reason === undefined)
          throw new Failure("USE001", "`erase` needs to know why, for the audit; nothing was done", {
            fix: "add --reason, with a text that names nobody",
          });
        return context.withApp(async (app) => {
          const trigger = triggeredBy(reason);
          const answer = await app.erasePerson({ source, key, expect: expect ?? null, trigger });
          context.answer({ value: answer, text: (palette) => eraseText(answer, user, palette) });
          return answer.erasure === null ? EXIT.held : EXIT.done;
        });
      }),
    );
};

function eraseText(answer: ErasureAnswer, user: string, palette: Palette): string {
  const { entries, rows, texts, named, erasure } = answer;
  const kept = indented([
    ...linesOf({ "audit.entries": entries, ...rows }),
    ...(texts === 0 ? [] : [`${counted(texts, "text")} about others, where the name alone goes`]),
  ]);
  const stays =
    Object.keys(named).length === 0
      ? []
      : ["what is told of others, stays and names this person", ...indented(linesOf(named))];
  if (erasure !== null)
    return ["erased", ...kept, ...stays, `entry ${erasure} of the audit says by whom, when and why`].join("\n");
  return [
    "kept of this person",
    ...kept,
    ...stays,
    "nothing was changed; to erase all of it for good:",
    `  ${palette.cyan(`understudy erase ${plain(quoted(user))} --expect ${entries} --reason 'why, naming nobody'`)}`,
  ].join("\n");
}

const linesOf = (counts: Readonly<Record<string, number>>): readonly string[] =>
  columns(Object.entries(counts).map(([table, count]) => [table, grouped(count)]));
