import type { World } from "./world";

/** The time of a role that was given here is over now; nobody has written that down yet. */
export const letExpire = (world: World, grant: number) =>
  world.sql("update mirror.local_grants set expires_at = clock_timestamp() where id = $1", [grant]);
