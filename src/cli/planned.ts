import type { Command } from "commander";
import { Failure } from "../domain/errors";
import type { Run } from "./command";

/** Commands of the design that a later version brings. Naming one is an error that says so, not an unknown word. */
export function addPlanned(parent: Command, run: Run, names: readonly string[]): void {
  for (const name of names) {
    parent
      .command(name, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() =>
        run({ name, table: true }, async () => {
          throw new Failure("USE006", `\`${name}\` is planned, not yet supported`, {
            fix: "see what there is: understudy --help",
          });
        }),
      );
  }
}
