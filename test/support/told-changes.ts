/**
 * A world with twelve users in a customer's system that tells what changed:
 *
 *     const { world, users, names, upstreamNames, close } = await startToldChanges(SINCE_JOB);
 *     users.put(person(3, { name: "Changed" }));
 *     await world.sync();
 *     expect(await names()).toEqual(upstreamNames());
 */
import type { EntityCounts, RunReport } from "../../src/domain/runs";
import { type ChangingUsers, serveChangingUsers } from "./changing-upstream";
import { recordsOf, startWorld } from "./world";

export type ToldChanges = Awaited<ReturnType<typeof startToldChanges>>;

/** @param arrive how the twelve come; all at once unless told */
export async function startToldChanges(job: string, arrive: (users: ChangingUsers) => void = (users) => putAll(users)) {
  const world = await startWorld({ "jobs/acme.yaml": job });
  const users = serveChangingUsers(world);
  world.users = [];
  arrive(users);
  const named = "select key || ' ' || display_name as said from mirror.users where tombstoned_at is null";
  return {
    world,
    users,
    /** Who is there, by the mirror. */
    names: async (): Promise<readonly string[]> =>
      (await world.sql<{ said: string }>(named)).map(({ said }) => said).sort(),
    upstreamNames: (): readonly string[] => world.users.map(({ id, name }) => `${id} ${name}`).sort(),
    /** From where on changes are asked for next: a time or a link. */
    mark: async (): Promise<string | undefined> =>
      (await world.sql<{ value: string }>("select value from sync.watermarks"))[0]?.value,
    close: world.close,
  };
}

/** @param apart the time between one and the next, in milliseconds */
export function putAll(users: ChangingUsers, apart = 0): void {
  for (let number = 1; number <= 12; number += 1) {
    users.put(person(number));
    users.clock += apart;
  }
}

export const person = (number: number, changes = {}) => ({
  id: `u${number}`,
  login: `user${number}`,
  state: "on",
  name: `User ${number}`,
  orgs: ["o2"],
  roles: ["r2"],
  ...changes,
});

export const counts = (report: RunReport): EntityCounts => recordsOf(report, "users");
