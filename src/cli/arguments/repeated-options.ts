import type { Command } from "commander";

/** Given again, a list adds up; of any other option the last alone would count, though whoever gives two means both. */
export function refuseRepeatedOptions(command: Command): void {
  for (const option of command.options) {
    let isGiven = false;
    command.on(`option:${option.name()}`, () => {
      const isList = Array.isArray(command.getOptionValue(option.attributeName()));
      if (isGiven && !isList) command.error(`error: option '${option.flags}' is given more than once`);
      isGiven = true;
    });
  }
  for (const child of command.commands) refuseRepeatedOptions(child);
}
