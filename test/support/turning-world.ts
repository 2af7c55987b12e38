/**
 * A customer that goes to and fro between two states by changes of every kind, so that any number of runs can be disturbed and
 * held to what an undisturbed one does:
 *
 *     const turning = await startTurningWorld();
 *     await turning.turn(async (world) => { ...a run, disturbed... });
 */
import type { MirrorState } from "./mirror-model";
import { inOrder, readMirror } from "./read-mirror";
import { startSyncedWorld, type World } from "./world";

type Side = "before" | "after";

export interface TurningWorld {
  readonly world: World;
  /** The customer changes, and `work` is to bring the mirror there, with each change told once and nothing left to do. */
  turn(work: (world: World) => Promise<unknown>): Promise<void>;
}

/** @param world as after its first sync */
export async function startTurningWorld(world?: World): Promise<TurningWorld> {
  const turned = world ?? (await startSyncedWorld());
  let side: Side = "before";
  const states: Partial<Record<Side, MirrorState>> = {};
  const changes: Partial<Record<Side, readonly unknown[]>> = {};

  async function change(work: () => Promise<unknown>): Promise<[MirrorState, readonly unknown[]]> {
    side = side === "before" ? "after" : "before";
    customerAt(turned, side);
    // What was removed in the last seven days would be held after a few turns.
    await turned.sql("delete from sync.removals");
    const start = await lastEntry(turned);
    await work();
    return [inOrder(await readMirror(turned)), await changesSince(turned, start)];
  }

  // Both sides are reached once before, so that every record exists and only changes.
  for (let round = 0; round < 4; round += 1) {
    const [state, told] = await change(() => turned.sync());
    states[side] = state;
    changes[side] = told;
  }
  expect(changes.after?.length).toBeGreaterThan(5);

  return {
    world: turned,
    async turn(work) {
      const [state, told] = await change(() => work(turned));
      expect([state, told]).toEqual([states[side], changes[side]]);
      const { plan } = await turned.plan();
      expect(await turned.sql("select kind, entity, key from sync.plan_changes where plan = $1", [plan])).toEqual([]);
      expect(await turned.sql("select from sync.absences union all select from sync.holds")).toEqual([]);
      expect(await turned.sql("select from sync.runs where state <> 'finished'")).toEqual([]);
    },
  };
}

/** A rename, a swap of names, a leaver, roles and permissions; turned again, all of it is undone. */
function customerAt(world: World, side: Side): void {
  const changed = side === "after";
  world.users = [
    { id: "u1", login: changed ? "bob" : "ann", state: "on", name: "Ann", orgs: ["o2"], roles: ["r1"] },
    {
      id: "u2",
      login: changed ? "ann" : "bob",
      state: changed ? "off" : "on",
      orgs: ["o2"],
      roles: changed ? [] : ["r2"],
    },
    { id: "u3", login: "cem", state: "on", name: changed ? "Cem" : "Jim", orgs: [changed ? "o1" : "o2"] },
    ...(changed
      ? [{ id: "u4", login: "dora", state: "on" }]
      : [{ id: "u5", login: "emil", state: "on", roles: ["r2"] }]),
  ];
  world.roles = changed
    ? [{ id: "r1", name: "Administrator", permissions: ["p1"] }]
    : [
        { id: "r1", name: "Admin", permissions: ["p1", "p2"] },
        { id: "r2", name: "Reader" },
      ];
}

const lastEntry = async (world: World): Promise<unknown> =>
  (await world.sql<{ id: unknown }>("select coalesce(max(id), 0) as id from audit.entries"))[0]?.id;

const changesSince = (world: World, entry: unknown): Promise<readonly unknown[]> =>
  world.sql(
    `select entity, key, related, scope, origin, kind, old, new, cause from audit.entries where id > $1
     order by entity, key, related, kind`,
    [entry],
  );
