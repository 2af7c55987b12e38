import type { Command } from "commander";

/**
 * Given again, a list adds up. Of any other option only the last would count, though somebody who gives two means both.
 */
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
