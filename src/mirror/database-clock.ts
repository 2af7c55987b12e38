import type { Knex } from "knex";

/**
 * The database's clock, carried on by the one of this process that nobody sets: what one machine writes is compared with what
 * another reads, and their clocks need not agree.
 */
export async function databaseClock(knex: Knex): Promise<() => Date> {
  const { rows } = await knex.raw<{ rows: { now: string }[] }>("select clock_timestamp() as now");
  const ahead = Date.parse(rows[0]?.now ?? "") - performance.now();
  return () => new Date(performance.now() + ahead);
}
