import type { World } from "./world";

/** As if the time of the lease had passed, for a source that somebody holds; a claim that is not yet committed holds nothing. */
export const endLease = ({ sql }: Pick<World, "sql">) =>
  sql(`update sync.sources set lease_until = now() - interval '1 second'
       where source in (select source from sync.sources for no key update skip locked)`);
