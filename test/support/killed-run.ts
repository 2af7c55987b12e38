/** What the tests of killed runs share. */
import { Client } from "pg";
import type { RunChoices } from "./create-runner";
import type { World } from "./world";

/** Waits until Postgres has seen that the session of the dead run is gone. */
export async function holderIsGone(world: World): Promise<void> {
  const holder = `select from sync.sources s
    join pg_stat_activity a on a.pid = s.holder_pid and a.backend_start = s.holder_session_started`;
  while ((await world.sql(holder)).length > 0);
}

/** Statements of an undisturbed run, from its beginning or from a phase on. */
export async function countStatements(world: World, phase: string | null, choices: RunChoices = {}): Promise<number> {
  let count = 0;
  let counts = phase === null;
  const query = Client.prototype.query;
  const spy = jest.spyOn(Client.prototype, "query").mockImplementation(function counted(
    this: Client,
    ...args: unknown[]
  ) {
    if (counts) count += 1;
    return Reflect.apply(query, this, args);
  } as typeof query);
  await world.sync({ ...choices, tell: (event) => (counts ||= event.type === "phase" && event.phase === phase) });
  spy.mockRestore();
  return count;
}
