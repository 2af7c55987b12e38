import type { QueryResultRow } from "pg";
import type { Database } from "../database";
import { READER_SCHEMA } from "../role-names";

/** One statement of the login path: prepared once a session, for planning takes longer than it. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Milliseconds. */
const ANSWER_TIMEOUT = 10_000;

/**
 * One that is about one person, or tells nothing of anybody. The login reader, who may not read the tables, asks it as a function of
 * the database, which `understudy migrate --roles` makes of it (decision 0042).
 */
export interface ReaderStatement extends Statement {
  /** Types of SQL. */
  readonly takes: string;
  /** Names and types of columns; without any it gives nothing. */
  readonly gives: string | null;
}

/** The function's name. */
export const functionOf = ({ name }: Statement): string => `${READER_SCHEMA}.${name.replaceAll(/\W/g, "_")}`;

/** A statement as this session may ask it. */
export function askable({ isLoginReader }: Pick<Database, "isLoginReader">, statement: Statement): Statement {
  const { name, text } = statement;
  if (!isLoginReader || !isForReader(statement)) return { name, text };
  const places = statement.takes.split(",").map((_, place) => `$${place + 1}`);
  return { name, text: `select * from ${functionOf(statement)}(${statement.takes === "" ? "" : places.join(", ")})` };
}

const isForReader = (statement: Statement): statement is ReaderStatement => "takes" in statement;

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
  const limited = { ...askable(database, statement), values: [...values], query_timeout: timeout };
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
