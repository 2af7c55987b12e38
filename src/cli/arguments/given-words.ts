import { InvalidArgumentError } from "commander";

/**
 * Words with commas between them, each once, added to those that were given before. An empty one is refused: mostly it
 * is a variable of the shell that is not set.
 */
export function givenWords(text: string, before: readonly string[] = []): readonly string[] {
  const found = text.split(",").map((word) => word.trim());
  if (found.includes("")) throw new InvalidArgumentError("there is an empty name among them");
  return [...new Set([...before, ...found])];
}
