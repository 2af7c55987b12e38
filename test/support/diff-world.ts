import { AuditDiff } from "../../src/mirror/audit-diff";
import { look } from "./mirror-snapshot";
import { startSyncedWorld } from "./world";

export type DiffWorld = Awaited<ReturnType<typeof startDiffWorld>>;

/** A world that was read once, and what its audit tells of two of its moments. */
export async function startDiffWorld() {
  const world = await startSyncedWorld();
  const store = new AuditDiff(world.database.knex);
  return {
    world,
    now: async (): Promise<string> => (await look(world)).at,
    /** @param to null for now */
    between: (from: string, to: string | null = null, { source = "acme", limit = null as number | null } = {}) =>
      store.between({ source, from, to, limit }),
    close: world.close,
  };
}
