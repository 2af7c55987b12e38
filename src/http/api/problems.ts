import type { Code } from "../../domain/error-codes";
import { Failure, InvalidFiles } from "../../domain/errors";

/** Thrown where a request is answered with a problem, as `sendProblem` has it. */
export class Problem extends Error {
  constructor(
    readonly statusCode: number,
    readonly detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

/** Seconds after which to try again, when nobody knows better. */
const SOON = 5;

/** The same for a source that is not there, that was retired, that the key may not know of, and that nobody signs in at. */
export const unknownSource = (): Problem => new Problem(404, "there is no such source, or you may not ask about it");
export const outOfReach = (retryAfter: number, detail: string): Problem =>
  new Problem(503, detail, { "retry-after": String(Math.max(1, Math.ceil(retryAfter))) });

const AWAY = "Understudy cannot answer at this moment";

const BY_CODE: Readonly<Partial<Record<Code, (failure: Failure) => Problem>>> = {
  DB012: () =>
    new Problem(403, "this server's role in the database may not do this: it answers about one person at a time"),
  USE002: unknownSource,
  USE003: () => new Problem(404, "there is no such person, role, organization or grant"),
  USE004: () => new Problem(409, "this is granted already, or would end before it begins"),
  // Of one that was retired nobody will be able to say anything soon.
  USE005: ({ data }) =>
    data.retiredAt === undefined ? outOfReach(60, "this source was not read completely yet") : unknownSource(),
  LOG001: unknownSource,
  LOG002: () => new Problem(400, "this source takes no such credential"),
  LOG020: unknownSource,
  LOG021: () => new Problem(400, "people may not be sent back to that address"),
  LOG022: () => new Problem(400, "this sign-in is unknown, too old, or was begun in another browser"),
};

/** What the framework itself finds wrong, by its status. */
const OF_FRAMEWORK: Readonly<Record<number, string>> = {
  400: "the request has no body, or one that cannot be read",
  413: "the body is over 64 KB",
  415: "bodies of this type are not read here: send `application/json`, to `/v1/introspect` `application/x-www-form-urlencoded`",
};

/** What an expected failure means to an application; null for what is a bug. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof Problem) return error;
  if (error instanceof InvalidFiles) return outOfReach(60, "the files of this source hold mistakes");
  if (!(error instanceof Failure)) {
    const { statusCode = 500 } = error as { statusCode?: number };
    return statusCode < 500 ? new Problem(statusCode, OF_FRAMEWORK[statusCode] ?? "the request cannot be read") : null;
  }
  const made = BY_CODE[error.code];
  if (made !== undefined) return made(error);
  if (error.code.startsWith("UPS")) return outOfReach(SOON, "the customer's sign-in is out of reach");
  // The database, or a process of our own.
  return error.exitCode === 8 ? outOfReach(SOON, AWAY) : null;
}
