import { EXIT } from "../domain/exit-codes";
import { noSourcesText } from "../domain/no-source";
import { plain } from "../domain/plain";
import { type AddCommand, examples } from "./command";

export const addStatus: AddCommand = (program, perform) => {
  program
    .command("status")
    .summary("is every source fresh, and if not, why")
    .description("One sentence a source: how fresh it is, why it is not fresher, and what to do.")
    .addHelpText("before", examples("understudy status", "understudy status -o jsonl"))
    .action(() =>
      perform({ name: "status", table: true }, (context) =>
        context.withApp(async (app) => {
          const sources = await app.status();
          context.answer({
            value: sources,
            records: sources,
            table: [
              ["source", "state", "lastComplete", "next", "rejects", "dangling", "held", "sentence"],
              ...sources.map((one) => [
                one.source,
                one.state,
                one.lastComplete,
                one.schedule?.next ?? null,
                one.rejects,
                one.dangling,
                one.holds.reduce((sum, hold) => sum + hold.count, 0),
                one.sentence,
              ]),
            ],
            text: (palette) =>
              sources.length === 0
                ? noSourcesText(context.home)
                : sources
                    .map(
                      ({ state, sentence }) =>
                        `${(state === "fresh" ? palette.green : palette.yellow)(state.padEnd(7))}  ${plain(sentence)}`,
                    )
                    .join("\n"),
          });
          return EXIT.done;
        }),
      ),
    );
};
