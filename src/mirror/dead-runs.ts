import { setTimeout as delay } from "node:timers/promises";
import type { Knex } from "knex";

/** By then a run that is between two sessions, or just ending, has shown it. In milliseconds. */
const RECHECK_AFTER = 500;

/** Who may not see when another role's session began cannot tell whether it is the holder's, and takes it for that. */
const LOOK = `
  select r.id from sync.runs r
  where r.state = 'running' and sync.live_run(r.source) is distinct from r.id
    and not exists (
      select from sync.sources s join pg_stat_activity a on a.pid = s.holder_pid
      where s.source = r.source and s.holder_run = r.id and s.lease_until >= clock_timestamp() and a.backend_start is null)`;

/**
 * Runs in work whose process died, and whose end nobody has noted yet: the next run of the source does, but who only reads writes
 * nothing. As for those who follow a run, it takes two signs of death.
 */
export async function deadRuns(
  knex: Knex,
  untilRecheck: () => Promise<unknown> = () => delay(RECHECK_AFTER),
): Promise<ReadonlySet<number>> {
  const suspected = await look(knex);
  if (suspected.length === 0) return new Set();
  await untilRecheck();
  const dead = new Set(await look(knex));
  return new Set(suspected.filter((run) => dead.has(run)));
}

async function look(knex: Knex): Promise<readonly number[]> {
  const { rows } = await knex.raw<{ rows: { id: number }[] }>(LOOK);
  return rows.map(({ id }) => id);
}
