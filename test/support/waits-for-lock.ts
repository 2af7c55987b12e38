import { eventually } from "./eventually";
import type { World } from "./world";

type Asked = Pick<World, "sql">;

/** How many sessions of this database cannot go on before another one does. */
export async function countLockWaiters({ sql }: Asked): Promise<number> {
  const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  return (await sql(waiting)).length;
}

/** Until there is such a session, or the caller has seen enough. */
export async function waitsForLock(asked: Asked, isEnough: () => boolean = () => false): Promise<void> {
  await eventually(
    () => countLockWaiters(asked),
    (waiters) => waiters > 0 || isEnough(),
  );
}
