import { EXIT } from "../domain/exit-codes";
import { plain } from "../domain/plain";
import type { RecordAnswer } from "../domain/recorded-test";
import { refuseUnknownSource } from "./arguments/refuse-unknown-source";
import { userAddress } from "./arguments/user-address";
import { type AddCommand, examples } from "./command";
import { grouped, moment } from "./text/layout";
import type { Palette } from "./text/terminal";

interface RecordOptions {
  readonly entity: string;
  readonly live?: true;
  readonly print?: true;
}

export const addMappingRecord: AddCommand = (mapping, perform) => {
  mapping
    .command("record")
    .summary("turn a real record into a test with nobody real in it")
    .description(
      "Adds a test to the mapping file, made of a real or rejected record: every value that could say who somebody is becomes a " +
        "made-up one, and the mapping must do the same with it. Takes what the job keeps (`keepRaw:`), or asks the upstream.",
    )
    .argument("<record>", "SOURCE/KEY")
    .option("--entity <entity>", "of which entity of the job", "users")
    .option("--live", "ask the upstream for the record")
    .option("--print", "only print the test")
    .addHelpText(
      "before",
      examples(
        "understudy mapping record acme/8812",
        "understudy mapping record acme/8812 --live --print",
        "understudy mapping record 'acme/page 3, record 7'    a reject without a key",
      ),
    )
    .action((address: string, { entity, live, print }: RecordOptions) =>
      perform({ name: "mapping record", table: false }, (context) =>
        context.withApp(async (app) => {
          const { source, key } = userAddress(address, { command: "mapping record" });
          await refuseUnknownSource(context, app, source);
          const { signal } = context.interruption;
          const request = { source, key, entity, live: live === true, write: print !== true, signal };
          const recorded = await app.recordTest(request);
          context.answer({ value: recorded, text: (palette) => recordText(recorded, palette) });
          return EXIT.done;
        }),
      ),
    );
};

function recordText({ file, line, text, from, run, at }: RecordAnswer, palette: Palette): string {
  const origin =
    from === "live"
      ? "made of the record as it is upstream now"
      : `made of the record kept by run ${grouped(run ?? 0)}${at === null ? "" : `, ${moment(at)}`}`;
  const lines = text.trimEnd().split("\n").map(plain);
  return [
    ...lines,
    "",
    ...(line === null ? [] : [palette.green(`added to ${file}:${line}`)]),
    palette.dim(`${origin}; look whether the mapping should really do this`),
  ].join("\n");
}
