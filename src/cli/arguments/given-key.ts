import { InvalidArgumentError } from "commander";

/** An empty key belongs to nobody: mostly it is a variable of the shell that is not set. */
export const givenKey = (text: string): string => given("a key", text);

/** An empty name would be the current folder, and with it another mirror than was meant. */
export const givenFolder = (text: string): string => given("a folder", text);

function given(what: string, text: string): string {
  if (text.trim() === "")
    throw new InvalidArgumentError(`it must be ${what}, and is empty; is a variable of the shell not set?`);
  return text;
}
