import { HoldStore } from "../../src/mirror/hold-store";
import type { World } from "./world";

/** What waits goes through. @returns the number of the run, if there was one */
export async function releaseHold(world: World): Promise<readonly number[]> {
  const holds = new HoldStore(world.database.knex);
  const [open] = await holds.list({ source: "acme", all: false });
  if (open === undefined) return [];
  await holds.release(open.run, open.count, "test", null);
  return [(await world.sync()).run];
}
