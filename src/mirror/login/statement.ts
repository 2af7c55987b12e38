import type { QueryResultRow } from "pg";
import type { Database } from "../database";

/** One statement of the login path: prepared once a session, for planning takes longer than it. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Milliseconds. */
const ANSWER_TIMEOUT = 10_000;

/**
 * Whoever signs in is told that nobody can say, rather than kept waiting by a database that hangs.
 *
 * @param timeout milliseconds
 * @throws Failure DB001 when that is over
 */
export async function ask<R extends QueryResultRow>(
  database: Database,
  statement: Statement,
  values: readonly unknown[],
  timeout = ANSWER_TIMEOUT,
): Promise<readonly R[]> {
  const limited = { ...statement, values: [...values], query_timeout: timeout };
  const { rows } = await database.withClient((client) => client.query<R>(limited));
  return rows;
}

/** A moment of the database as milliseconds since 1970. */
export const millisecondsOf = (moment: string | null): number | null => (moment === null ? null : Date.parse(moment));

/** Milliseconds since 1970 as the database takes them. */
export const momentOf = (milliseconds: number): string => new Date(milliseconds).toISOString();

/**
 * A moment that a process says is now, never far beyond the database's own: what a machine whose clock is ahead wrote down would
 * count until then.
 */
export const boundedNow = (moment: string): string =>
  `least(${moment}::timestamptz, statement_timestamp() + interval '1 minute')`;
