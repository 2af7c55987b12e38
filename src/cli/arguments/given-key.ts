import { InvalidArgumentError } from "commander";

/** An empty key is nobody's: mostly a variable of the shell that is not set. */
export function givenKey(text: string): string {
  if (text.trim() === "")
    throw new InvalidArgumentError("it must be a key, and is empty; a variable of the shell that is not set is, too");
  return text;
}
