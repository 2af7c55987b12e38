import type { ClientBase } from "pg";

/** A database session as Postgres tells it from all others, also from a later one of the same number. */
export interface SessionName {
  readonly pid: number;
  /** With all its digits, which a time of ours would not hold. */
  readonly began: string;
}

export async function nameSession(session: ClientBase): Promise<SessionName> {
  const { rows } = await session.query<SessionName>(
    // The view `pg_stat_activity` joins who and where to what the function gives, and each connection would plan that.
    "select pid, backend_start::text as began from pg_stat_get_activity(pg_backend_pid())",
  );
  const [name] = rows;
  if (name === undefined) throw new Error("Postgres does not list the session that asks");
  return name;
}
