import { InvalidArgumentError } from "commander";

/** Where the audit must say why. A blank reason says nothing: mostly it is a variable of the shell that is not set. */
export function givenReason(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("it must say why, for the audit");
  return text;
}
