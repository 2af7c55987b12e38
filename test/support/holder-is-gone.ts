import { eventually } from "./eventually";
import type { World } from "./world";

/** Waits until Postgres has seen that the session of a dead run is gone; from then on its source is free. */
export async function holderIsGone({ sql }: Pick<World, "sql">): Promise<void> {
  const holder = `select from sync.sources s
    join pg_stat_activity a on a.pid = s.holder_pid and a.backend_start = s.holder_session_started`;
  await eventually(
    () => sql(holder),
    (rows) => rows.length === 0,
  );
}
