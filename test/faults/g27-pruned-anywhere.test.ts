/**
 * G27 and G28: whoever prunes or erases is killed with SIGKILL after any of their steps, or stopped while another does the same. The
 * audit verifies at every moment in between, and the next time leaves what an undisturbed one leaves.
 *
 *     npx jest g27-pruned-anywhere                             one step of each, at random
 *     UNDERSTUDY_KILL_AT=37 npx jest g27-pruned-anywhere       after that step alone
 *     npm run faults -- g27-pruned-anywhere                    after every step, until none is left
 */
import { SealStore } from "../../src/mirror/seal-store";
import { type Dump, differences, dumpDatabase } from "../support/dump-database";
import { eventually } from "../support/eventually";
import { openMovedClock, withMovedClock } from "../support/moved-clock";
import { tryEveryStep } from "../support/steps";
import { createTestDatabase } from "../support/test-database";
import { startUpkeepProcess, type Upkeep, workUpkeep } from "../support/upkeep-process";
import { waitsForLock } from "../support/waits-for-lock";
import { openWorld, type World } from "../support/world";

const NOW = "2026-05-20T03:00:00.000Z";

/** Somebody came, held roles, was rejected and left, all of which is due; others are still there. */
const OLD_MIRROR = withMovedClock("old_mirror", "2024-01-15T03:00:00Z", async ({ made, set }) => {
  const world = await openWorld({ ...made, drop: async () => undefined });
  const seal = () => new SealStore(world.database).seal(5_000);
  await world.sync();
  await seal();
  const [, bob, cem] = world.users;
  for (const [day, change] of [
    ["2024-02-15", () => Object.assign(cem!, { name: "Jim", roles: ["r1"] })],
    ["2024-03-15", () => Object.assign(cem!, { login: null })],
    ["2024-03-16", () => world.users.pop()],
    ["2024-03-17", () => Object.assign(bob!, { name: "Rob" })],
    ["2026-05-19", () => Object.assign(bob!, { name: "Bert" })],
  ] as const) {
    await set(`${day}T03:00:00Z`);
    change();
    await world.sync();
    await seal();
  }
  await set(NOW);
  await world.sql(`
    insert into mirror.local_grants (source, user_key, role_key, granted_at, granted_by, reason)
    values ('acme', 'u3', 'r1', '2024-03-01Z', 'ops@desk', 'for Jim');
    insert into sync.removals values ('acme', 'users', 3, '2026-05-01Z', 1)`);
  await world.close();
});

interface Scene {
  readonly url: string;
  readonly sql: World["sql"];
  verify(): Promise<unknown>;
  dump(): Promise<Dump>;
  work(): Promise<unknown>;
}

/** Whoever was erased is known no more. */
const ERASED = "USE003";
const wordOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    ({ code }) => code,
  );

async function inOldMirror<T>(upkeep: Upkeep, play: (scene: Scene) => Promise<T>): Promise<T> {
  const { made } = await openMovedClock(await createTestDatabase(OLD_MIRROR));
  const { url, database } = made;
  try {
    return await play({
      url,
      sql: (query, parameters = []) =>
        database.withClient(async (client) => (await client.query(query, [...parameters])).rows),
      async verify() {
        const { holds, entries, erased, dropped, findings } = await new SealStore(database).verify(null, 10);
        expect([holds, findings]).toEqual([true, []]);
        return { entries, erased, dropped };
      },
      dump: () => dumpDatabase(database),
      work: () => workUpkeep(database, upkeep),
    });
  } finally {
    await made.drop();
  }
}

test.each<Upkeep>([
  { does: "prune", now: NOW },
  { does: "erase", source: "acme", key: "u3" },
])(
  "$does",
  async (upkeep) => {
    const undisturbed = await inOldMirror(upkeep, async ({ url, verify, dump }) => {
      const before = await verify();
      const process = startUpkeepProcess(url, upkeep);
      expect(await process.ended).toBe("done");
      const after = await verify();
      expect(after).not.toEqual(before);
      return { sent: (await process.steps()).sent, after, dump: await dump() };
    });
    const campaign = { file: "g27-pruned-anywhere", test: upkeep.does, sent: undisturbed.sent };
    const isAsUndisturbed = async ({ verify, dump }: Scene) => {
      expect([await verify(), ...differences(undisturbed.dump, await dump())]).toEqual([undisturbed.after]);
    };

    await tryEveryStep(campaign, (at) =>
      inOldMirror(upkeep, async (scene) => {
        const killed = startUpkeepProcess(scene.url, upkeep, { at, signal: "SIGKILL" });
        await killed.ended;
        await scene.verify();
        // What the server was just doing for the one that is dead it does to the end.
        const again = () => wordOf(scene.work());
        const word = await eventually(again, (said) => said !== "RET002" && said !== "RUN001");
        expect(["done", ERASED]).toContain(word);
        await isAsUndisturbed(scene);
        return (await killed.steps()).struck;
      }),
    );

    const deepest = upkeep.does === "prune" ? /audit\.drop_before/ : /audit\.take_away/;
    await tryEveryStep({ ...campaign, kinds: [deepest] }, (at) =>
      inOldMirror(upkeep, async (scene) => {
        const stopped = startUpkeepProcess(scene.url, upkeep, { at, signal: "SIGSTOP" });
        const { struck } = await stopped.steps();
        await scene.verify();
        await scene.sql("set lock_timeout = '10s'; select from audit.entries; reset lock_timeout");
        const words: unknown[] = [];
        const another = wordOf(scene.work()).then((word) => words.push(word));
        await waitsForLock(scene, () => words.length > 0);
        await scene.verify();
        const goOn = setInterval(() => stopped.signal("SIGCONT"), 50);
        words.push(await stopped.ended);
        clearInterval(goOn);
        await another;
        expect(words).toContain("done");
        await isAsUndisturbed(scene);
        return struck;
      }),
    );
  },
  3_600_000,
);
