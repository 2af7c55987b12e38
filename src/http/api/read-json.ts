/** The words of a body that cannot be taken, for whoever sent it; never a value of it. */
export class BadBody extends Error {
  readonly statusCode = 400;
}

/** No body of the API needs as many levels. */
const DEEPEST = 8;
const TOKENS = /"(?:[^"\\]|\\.)*"|[[\]{},:]/g;

/**
 * A body as JSON, strictly: UTF-8 without exception, no name twice in one object, no NUL and no half of a surrogate pair, which
 * would become another character on its way, and at most eight levels.
 *
 * @throws BadBody
 */
export function readJson(bytes: Buffer): unknown {
  const text = decodeUtf8(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadBody("the body is not valid JSON");
  }
  refuseTraps(text);
  return value;
}

/** @throws BadBody */
export function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new BadBody("the body is not valid UTF-8");
  }
}

/** @throws BadBody for what other programs would read in another way */
export function refuseOddText(text: string): void {
  if (text.includes("\0")) throw new BadBody("the body holds a NUL character");
  if (!text.isWellFormed()) throw new BadBody("the body holds half of a surrogate pair");
}

/** @param text valid JSON, so that strings and punctuation tell all of its structure */
function refuseTraps(text: string): void {
  const open: (Set<string> | null)[] = [];
  let last: string | null = null;
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") {
      if (open.push(token === "{" ? new Set() : null) > DEEPEST)
        throw new BadBody(`the body nests deeper than ${DEEPEST} levels`);
    } else if (token === "}" || token === "]") open.pop();
    else if (token === ":") addName(open.at(-1) ?? null, last);
    else if (token !== ",") {
      last = JSON.parse(token) as string;
      refuseOddText(last);
    }
  }
}

function addName(names: Set<string> | null, name: string | null): void {
  if (names === null || name === null) return;
  if (names.has(name)) throw new BadBody("the body names a member twice");
  names.add(name);
}
