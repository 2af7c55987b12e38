import { type AddCommand, examples } from "./command";
import { addMappingRecord } from "./mapping-record";
import { addMappingRekey } from "./mapping-rekey";
import { addMappingReplay } from "./mapping-replay";
import { addMappingTest } from "./mapping-test";
import { addMappingTry } from "./mapping-try";

/** The commands under `mapping`, in the order of the help. */
const SUBCOMMANDS: readonly AddCommand[] = [
  addMappingTest,
  addMappingTry,
  addMappingRecord,
  addMappingReplay,
  addMappingRekey,
];

export const addMapping: AddCommand = (program, perform) => {
  const mapping = program
    .command("mapping")
    .summary("write, test and try mappings")
    .description("Works on mapping files: runs their tests, and shows what they make of records.")
    .addHelpText(
      "before",
      examples(
        "understudy mapping test acme/users --watch",
        "understudy mapping try users --source acme --with record.json",
      ),
    );
  for (const add of SUBCOMMANDS) add(mapping, perform);
};
