import type { FastifyInstance, FastifyRequest } from "fastify";
import { Problem } from "./problems";

/** Says what is wrong with a body, never a value of it. */
class BadBody extends Problem {
  constructor(detail: string) {
    super(400, detail);
  }
}

const FORM = "application/x-www-form-urlencoded";
/** No body of the API needs as many levels. */
const DEEPEST = 8;
const TOKENS = /"(?:[^"\\]|\\.)*"|[[\]{},:]/g;

/**
 * A body as JSON, strictly: UTF-8 without exception, no name twice in one object, no NUL and no half of a surrogate pair, which
 * would become another character on its way, and at most eight levels.
 *
 * @throws Problem 400
 */
function readJson(bytes: Buffer): unknown {
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

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new BadBody("the body is not valid UTF-8");
  }
}

/** What other programs would read in another way. */
function refuseOddText(text: string): void {
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

/** What was compressed would be told as text that is none. */
const ENCODED = new Problem(415, "bodies are read as they are: send them without `content-encoding`", {
  "accept-encoding": "identity",
});

/** Bodies are JSON and nothing else. */
export function readOnlyJson(app: FastifyInstance): void {
  app.addHook("preParsing", async ({ headers }) => {
    if (!/^(?:identity)?$/i.test(headers["content-encoding"]?.trim() ?? "")) throw ENCODED;
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async ({ method }: FastifyRequest, bytes: Buffer) =>
      // Some clients name a type with every request.
      method === "DELETE" && bytes.length === 0 ? undefined : readJson(bytes),
  );
}

/** Bodies are forms and nothing else; a name that comes twice is refused. */
export function readForm(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(FORM, { parseAs: "buffer" }, async (_request: FastifyRequest, bytes: Buffer) => {
    const form: Record<string, string> = Object.create(null);
    for (const [name, value] of new URLSearchParams(decodeUtf8(bytes))) {
      refuseOddText(name + value);
      if (name in form) throw new BadBody("the body names a member twice");
      form[name] = value;
    }
    return form;
  });
}
