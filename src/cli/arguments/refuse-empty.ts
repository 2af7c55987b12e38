import { InvalidArgumentError } from "commander";

/** An empty text is mostly a variable of the shell that is not set. @param what that must be given */
export function refuseEmpty(text: string, what: string): void {
  if (text.trim() === "")
    throw new InvalidArgumentError(`it must be ${what}, and is empty; is a variable of the shell not set?`);
}
