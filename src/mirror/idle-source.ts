import type { ClientBase } from "pg";
import { Failure } from "../domain/errors";
import { isLockTimeout } from "./fence";

/**
 * Waits for transactions that are committing, and keeps others from beginning until this one ends.
 *
 * @param to what there is nothing of, as in "to retire", where the source was never read
 * @returns when the source was retired; null when it was not
 * @throws Failure USE002, RUN001 while a run works on it
 */
export async function lockIdleSource(client: ClientBase, source: string, to: string): Promise<string | null> {
  const locked = await client
    .query("select from sync.sources where source = $1 for update", [source])
    .catch((error: unknown) => {
      if (isLockTimeout(error))
        throw new Failure("RUN001", `\`${source}\` is being written at this moment`, { fix: "try again later" });
      throw error;
    });
  if (locked.rowCount === 0)
    throw new Failure("USE002", `\`${source}\` was never read, so there is nothing ${to}`, {
      fix: "see what there is: understudy source list",
    });
  const { rows } = await client.query<{ retired_at: string | null; run: number | null; holder: string | null }>(
    "select retired_at, holder, sync.live_run(source) as run from sync.sources where source = $1",
    [source],
  );
  const [found] = rows;
  if (found?.run != null)
    throw new Failure("RUN001", `\`${source}\` is being worked on by run ${found.run} (${found.holder})`, {
      fix: `wait for it: understudy show ${found.run}`,
      data: { run: found.run },
    });
  return found?.retired_at ?? null;
}

/**
 * Nobody who held the source can write any more, though only paused; runs whose process died are told as what they are, which comes
 * first, for their holder is taken away.
 */
export async function endHolders(client: ClientBase, source: string): Promise<void> {
  await client.query("select sync.end_dead_run(id, 'running') from sync.runs where source = $1 and state = 'running'", [
    source,
  ]);
  await client.query(
    `update sync.sources
     set fence = fence + 1, holder_run = null, holder = null, holder_pid = null, holder_session_started = null, lease_until = null
     where source = $1`,
    [source],
  );
}
