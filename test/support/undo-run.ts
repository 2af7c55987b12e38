/** A run undone as a person does it, and what says so afterwards. */
import type { RevertRequest } from "../../src/domain/revert";
import type { RunReport } from "../../src/domain/runs";
import type { World } from "./world";

export type Asked = Partial<RevertRequest> & { reason?: string };

/** With the number of changes that it is told to take. */
export async function revert(world: World, run: number, { reason, ...asked }: Asked = {}): Promise<RunReport> {
  const request = { run, user: null, field: null, keepNewer: false, ...asked };
  const choices = { mode: "revert", ...(reason === undefined ? {} : { reason }) } as const;
  const told = await world.sync({ ...choices, revert: { ...request, expect: -1 } });
  const found = /takes (\d+) changes?/.exec(told.error?.message ?? "");
  return found === null ? told : world.sync({ ...choices, revert: { ...request, expect: Number(found[1]) } });
}

/** What is held until somebody says otherwise, since it was undone. */
export const pinsOf = (world: World) =>
  world.sql(
    "select entity, key, related, kind, field, value from sync.pins order by entity, kind, key, related, field",
  );

export const auditOf = (world: World, run: number) =>
  world.sql(
    `select entity, key, nullif(related, '') as related, kind, old, new, cause, actor, reason from audit.entries
     where run = $1 order by entity, key, related, kind`,
    [run],
  );
