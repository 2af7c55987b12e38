import { InvalidArgumentError } from "commander";

/** Words with commas between them, each once. An empty one is nobody's: mostly a variable of the shell that is not set. */
export function givenWords(text: string): readonly string[] {
  const found = [...new Set(text.split(",").map((word) => word.trim()))];
  if (found.includes("")) throw new InvalidArgumentError("there is an empty name among them");
  return found;
}
