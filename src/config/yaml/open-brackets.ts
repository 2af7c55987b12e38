/** How many more brackets a text opens than it closes. */
export const openBrackets = (text: string): number =>
  bracketsIn(text).reduce((open, { isOpening }) => open + (isOpening ? 1 : -1), 0);

/** Where the innermost bracket stands that a text does not close. */
export function openBracketIn(text: string): number | null {
  const open: number[] = [];
  for (const { index, isOpening } of bracketsIn(text)) {
    if (isOpening) open.push(index);
    else open.pop();
  }
  return open.at(-1) ?? null;
}

/** Those that are not quoted. */
const bracketsIn = (text: string) =>
  [...text.replace(/"[^"]*"|'[^']*'/g, (quoted) => " ".repeat(quoted.length)).matchAll(/[([{}\])]/g)].map(
    ({ index, 0: bracket }) => ({ index, isOpening: "([{".includes(bracket) }),
  );
