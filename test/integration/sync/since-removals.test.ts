/** Whoever goes where only what changed is asked for: told by the system itself, held, or missed by a full pass. */

import { HoldStore } from "../../../src/mirror/hold-store";
import { SINCE_JOB } from "../../support/changing-upstream";
import { counts, person, putAll, startToldChanges, type ToldChanges } from "../../support/told-changes";

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

let { world, users, close } = {} as ToldChanges;
beforeEach(async () => {
  ({ world, users, close } = await startToldChanges(SINCE_JOB, (changing) => putAll(changing, HOUR)));
});
afterEach(() => close());

test("what the upstream itself calls gone is gone at once; an empty answer is nobody's end", async () => {
  await world.sync();
  users.clock += HOUR;
  users.put(person(2, { state: "purged" }));
  expect(counts(await world.sync())).toMatchObject({ incremental: true, gone: 1, after: 11 });
  users.clock += 30 * DAY;
  const quiet = await world.sync();
  expect(quiet).toMatchObject({ outcome: "ok", hold: null });
  expect(counts(quiet)).toMatchObject({ gone: 0, after: 11 });
});

test("too many removals in an incremental run are held, met again, and land when released", async () => {
  await world.sync();
  users.clock += HOUR;
  for (let number = 1; number <= 8; number += 1) users.put(person(number, { state: "purged" }));
  const held = await world.sync();
  expect(held).toMatchObject({ outcome: "held", hold: { count: expect.any(Number) } });
  expect(counts(held)).toMatchObject({ gone: 0, held: 8 });
  expect(await world.sync()).toMatchObject({ outcome: "held", hold: { run: held.run } });
  await world.sql(
    "update sync.holds set state = 'released', decided_by = 'me', decided_at = now(), expires_at = now() + interval '1 day'",
  );
  const released = await world.sync();
  expect(released.notes).toContain(
    "`users` was read in full: a hold was released, and what it holds is to be met again",
  );
  expect(counts(released)).toMatchObject({ gone: 8, after: 4 });
});

test("whoever a person keeps although a full pass misses them makes no further pass full", async () => {
  await world.sync();
  for (let number = 1; number <= 8; number += 1) users.remove(`u${number}`);
  await world.sql("update sync.watermarks set full_at = full_at - interval '8 days'");
  const { run, hold } = await world.sync();
  expect(hold).toMatchObject({ count: 8 });
  expect(counts(await world.sync())).toMatchObject({ incremental: true });
  await new HoldStore(world.database.knex).reject(run, "ops@desk", "a wrong filter");
  const quiet = await world.sync();
  expect(counts(quiet)).toMatchObject({ incremental: true, after: 12 });
});

test("a release that expired before any run is asked about anew, and not with the next full pass", async () => {
  await world.sync();
  for (let number = 1; number <= 8; number += 1) users.put(person(number, { state: "purged" }));
  users.clock += HOUR;
  users.put(person(13));
  const { run } = await world.sync({ full: true });
  expect(counts(await world.sync())).toMatchObject({ incremental: true, held: 0 });
  await world.sql(
    "update sync.holds set state = 'released', decided_by = 'me', expires_at = now() - interval '1 hour'",
  );
  const anew = await world.sync();
  expect(anew).toMatchObject({ outcome: "held", hold: { run: anew.run, state: "open", count: 8 } });
  expect(await world.sql("select state from sync.holds where run = $1", [run])).toEqual([{ state: "expired" }]);
  expect(counts(await world.sync())).toMatchObject({ incremental: true });
});

describe("with pages by a value that several may share, whoever is missed", () => {
  /** By the time of the change, which is not their key. */
  async function pageByTime(size: number): Promise<void> {
    const page = `{ keyset: updatedAt, as: after, size: limit=${size} }`;
    await world.write(
      "jobs/acme.yaml",
      SINCE_JOB.replace("{ offset: offset, size: limit=5, total: total }", page)
        .replace("    one: /users/{key}\n", "")
        .replace("[sweep-now, 'state = \"purged\"']", "sweep"),
    );
    world.upstream.on("/users", ({ query }) => {
      const told = (name: string): string => query.get(name) ?? "";
      const items = world.users
        .filter(({ updatedAt: at }) => String(at) > told("after") && String(at) >= told("updated_since"))
        .slice(0, size);
      return { body: { items } };
    });
    world.users = [];
    for (let number = 1; number <= 7; number += 1) {
      users.clock += 1000;
      users.put(person(number));
    }
    await world.sync();
    await world.sync();
    users.remove("u3");
    expect(counts(await world.sync({ full: true }))).toMatchObject({ absent: 1, gone: 0, complete: true });
  }

  test("leads to one more full pass, for no list is enough", async () => {
    await pageByTime(5);
    const second = await world.sync();
    expect(counts(second)).toMatchObject({ absent: 1, gone: 0, complete: true });
    expect(second.notes).toContain(
      "`users` was read in full: records that it missed once, 1 in all, are looked for again",
    );
    for (const _night of [1, 2]) expect(counts(await world.sync())).toMatchObject({ incremental: true });
    expect(counts(await world.sync({ full: true }))).toMatchObject({ absent: 1, gone: 0 });
    expect(counts(await world.sync())).toMatchObject({ incremental: true });
  });

  test("is gone with the second list where all of it is on one page", async () => {
    await pageByTime(20);
    expect(counts(await world.sync())).toMatchObject({ absent: 0, gone: 1, complete: true });
    expect(counts(await world.sync())).toMatchObject({ incremental: true });
  });
});
