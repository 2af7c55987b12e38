import type { Kind, Possible } from "./possible";

const WORDS: Readonly<Record<Kind, string>> = {
  null: "null",
  boolean: "true or false",
  number: "a number",
  string: "a text",
  object: "an object",
  array: "a list",
  function: "a function",
};

/** "a text or a number"; "something" when it is not known. */
export function kindsInWords({ kinds }: Pick<Possible, "kinds">): string {
  const words = [...(kinds ?? [])].map((kind) => WORDS[kind]);
  return words.length === 0
    ? "something"
    : words.length === 1
      ? words.join("")
      : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/**
 * How one of several is picked. Behind a path `[0]` belongs to its last step, and picks one for each item of those before: the
 * path is put between parentheses first. Only texts can be joined.
 */
export function pickHint(text: string, items: Pick<Possible, "kinds">): string {
  const path = text.replace(/\[0\]$/, "");
  const pick = `pick one, such as \`${/^[\w$]+$/.test(path) ? path : `(${path})`}[0]\``;
  return items.kinds === null || items.kinds.has("string") ? `${pick}, or \`$join\` them` : pick;
}
