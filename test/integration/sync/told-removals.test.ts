/** Removals that a delta link tells: none is lost to a pass that reads everything, for no list of what is there holds them. */

import type { RunReport } from "../../../src/domain/runs";
import { HoldStore } from "../../../src/mirror/hold-store";
import { DELTA_JOB } from "../../support/changing-upstream";
import { counts, person, startToldChanges, type ToldChanges } from "../../support/told-changes";
import { USERS } from "../../support/world";

const NEVER = DELTA_JOB.replaceAll("deletes: sweep-now", "deletes: never");
const SWEEP = DELTA_JOB.replaceAll("deletes: sweep-now", "deletes: sweep");

let { world, users, names, upstreamNames, mark, close } = {} as ToldChanges;
async function start(job: string): Promise<void> {
  ({ world, users, names, upstreamNames, mark, close } = await startToldChanges(job));
  await world.sync();
}
afterEach(() => close());

async function holdEight(): Promise<number> {
  for (let number = 1; number <= 8; number += 1) users.remove(`u${number}`);
  const { run, hold } = await world.sync();
  expect(hold).toMatchObject({ run, count: 8 });
  return run;
}

describe.each([
  ["never", NEVER],
  ["sweep", SWEEP],
])("with `deletes: %s`", (_, job) => {
  beforeEach(() => start(job));

  test("what was held goes with its release", async () => {
    const held = await holdEight();
    await new HoldStore(world.database.knex).release(held, 8, "ops", null);
    const report = await world.sync({ release: held });
    expect(report).toMatchObject({ outcome: "ok", hold: null });
    expect(counts(report)).toMatchObject({ gone: 8, held: 0, absent: 0 });
    expect(await names()).toEqual(upstreamNames());
    expect(counts(await world.sync())).toMatchObject({ incremental: true, fetched: 0 });
  });

  test("what is held stays held over a full pass, and goes with its release", async () => {
    const held = await holdEight();
    const before = await mark();
    expect(await world.sync({ full: true })).toMatchObject({ outcome: "held", hold: { run: held, count: 8 } });
    expect(await mark()).toBe(before);
    await new HoldStore(world.database.knex).release(held, 8, "ops", null);
    expect(await world.sync({ release: held })).toMatchObject({ outcome: "ok" });
    expect(await names()).toEqual(upstreamNames());
  });

  test.each<readonly [string, () => Promise<RunReport>]>([
    ["is asked for", () => world.sync({ full: true })],
    [
      "follows an edit",
      async () => {
        await world.write("mappings/acme/users.yaml", USERS.replace("department: department", "department: section"));
        return world.sync();
      },
    ],
    [
      "is due",
      async () => {
        await world.write("jobs/acme.yaml", `${job}    full: 7d\n`);
        await world.sql("update sync.watermarks set full_at = full_at - interval '8 days'");
        return world.sync();
      },
    ],
  ])("a full pass that %s asks for the removals, too", async (_what, pass) => {
    users.remove("u7");
    users.remove("u8");
    users.put(person(8, { name: "Back" }));
    const report = await pass();
    expect(report).toMatchObject({ outcome: "ok", error: null });
    expect(counts(report)).toMatchObject({ complete: true, fetched: 11, gone: 1, absent: 0, skipped: 0 });
    expect(await names()).toEqual(upstreamNames());
    const removal = "select key, cause from audit.entries where entity = 'users' and kind = 'tombstone'";
    expect(await world.sql(removal)).toEqual([{ key: "u7", cause: "deleted" }]);
    expect(counts(await world.sync())).toMatchObject({ incremental: true, fetched: 0 });
  });

  test("whoever the list holds is there, whatever was told before", async () => {
    users.pageSize = 1;
    users.beforePage = (page, { query }) => {
      if (page === 2 && query.get("token")?.startsWith("all") === true) users.remove("u7");
      return null;
    };
    expect(counts(await world.sync({ full: true }))).toMatchObject({ gone: 0, fetched: 12 });
    users.beforePage = () => null;
    expect(counts(await world.sync())).toMatchObject({ gone: 1, incremental: true });
    expect(await names()).toEqual(upstreamNames());
  });
});

describe("with `deletes: never`", () => {
  beforeEach(() => start(NEVER));

  test("a removal waits for a list that is read to its end", async () => {
    users.remove("u7");
    const before = await mark();
    users.beforePage = (page, { query }) =>
      page === 2 && query.get("token")?.startsWith("all") === true ? { body: "<html>" } : null;
    expect(await world.sync({ full: true })).toMatchObject({ outcome: "incomplete", exitCode: 4 });
    expect(await mark()).toBe(before);
    users.beforePage = () => null;
    expect(counts(await world.sync())).toMatchObject({ gone: 1 });
    expect(await names()).toEqual(upstreamNames());
  });

  test("where the removals cannot be asked for, the list is not complete, and the link stays", async () => {
    users.remove("u7");
    users.put(person(3, { name: "Changed" }));
    const before = await mark();
    users.beforePage = (_page, { query }) =>
      query.get("token")?.startsWith("since") === true ? { status: 400 } : null;
    const report = await world.sync({ full: true });
    expect(report).toMatchObject({ outcome: "incomplete" });
    expect(counts(report)).toMatchObject({ changed: 1, gone: 0 });
    expect(await mark()).toBe(before);
    users.beforePage = () => null;
    expect(counts(await world.sync({ full: true }))).toMatchObject({ gone: 1 });
  });

  test("nobody is lost who is removed while the pass is between the list and the old link", async () => {
    let removed = false;
    // Whichever of the two is asked first: once its last page was answered.
    users.beforePage = (_page, { query }) => {
      const isLast = query.get("token")?.startsWith("since") === true || query.get("token")?.endsWith(":10") === true;
      if (isLast && !removed) setImmediate(() => users.remove("u7"));
      removed ||= isLast;
      return null;
    };
    await world.sync({ full: true });
    await world.sync();
    expect(removed).toBe(true);
    expect(await names()).toEqual(upstreamNames());
  });

  test.each([401, 403, 500])(
    "a link that answers %i keeps no list from being read, and says what may help",
    async (status) => {
      users.remove("u7");
      users.put(person(3, { name: "Changed" }));
      const before = await mark();
      users.beforePage = (_page, { query }) => (query.get("token")?.startsWith("since") === true ? { status } : null);
      const report = await world.sync({ full: true });
      expect(report).toMatchObject({ outcome: "incomplete", exitCode: 4 });
      expect(counts(report)).toMatchObject({ changed: 1, gone: 0, fetched: 11, complete: false });
      expect(counts(report)?.incompleteBecause).toMatch(
        new RegExp(
          `^its delta link, asked for removals: .*${status}.*; if it has expired, add ${status} to \\\`delta.expired\\\`$`,
        ),
      );
      expect(await mark()).toBe(before);
      users.beforePage = () => null;
      expect(counts(await world.sync({ full: true }))).toMatchObject({ gone: 1, complete: true });
    },
  );

  test("a system that limits requests before the link was asked is asked by the next run, which goes on from the list", async () => {
    users.remove("u7");
    users.beforePage = (_page, { query }) =>
      query.get("token")?.startsWith("since") === true ? { status: 429 } : null;
    expect(await world.sync({ full: true })).toMatchObject({ outcome: "upstream", error: { code: "UPS004" } });
    users.beforePage = () => null;
    const report = await world.sync({ full: true });
    expect(report.notes.join("\n")).toContain("goes on from run 2");
    expect(counts(report)).toMatchObject({ gone: 1, complete: true, fetched: 11 });
    expect(await names()).toEqual(upstreamNames());
    expect(counts(await world.sync())).toMatchObject({ incremental: true, fetched: 0 });
  });

  const LOST = "whoever of `users` was removed since its changes were asked for last stays";

  const edited = (status: number) => async (): Promise<void> => {
    await world.write("jobs/acme.yaml", `keepRaw: true\n${NEVER}`);
    users.beforePage = (_page, { query }) => (query.get("token")?.startsWith("since") === true ? { status } : null);
  };

  test.each<readonly [string, () => Promise<void>]>([
    ["has expired", async () => users.expireLinks()],
    ["of another job is not answered", edited(400)],
    ["of another job is forbidden", edited(403)],
    ["of another job breaks the system", edited(500)],
  ])("who may be lost is told where the link %s", async (_what, happens) => {
    users.remove("u7");
    await happens();
    const report = await world.sync({ full: true });
    expect(report).toMatchObject({ outcome: "ok", error: null });
    expect(report.notes.join("\n")).toContain(LOST);
    users.beforePage = () => null;
    expect((await world.sync()).notes.join("\n")).not.toContain(LOST);
  });

  test.each([false, true])("a last page without a link leaves the old one (full pass: %s)", async (full) => {
    const before = await mark();
    users.put(person(3, { name: "Changed" }));
    users.withoutLink = true;
    const report = await world.sync({ full });
    expect(report).toMatchObject({ outcome: "ok" });
    expect(report.notes).toContain(
      "`users` is asked by the same link again: its last page held no delta link that can be asked",
    );
    expect(await mark()).toBe(before);
    users.remove("u7");
    users.withoutLink = false;
    expect(counts(await world.sync())).toMatchObject({ gone: 1, incremental: true });
    expect(await names()).toEqual(upstreamNames());
  });

  test("an expired link is not kept for a last page without a new one", async () => {
    users.put(person(1, { name: "Changed" }));
    users.expireLinks();
    users.withoutLink = true;
    const { notes } = await world.sync({ full: true });
    expect(notes.join("\n")).toContain(LOST);
    expect(notes).toContain(
      "`users` is read in full by the next run too: its last page held no delta link that can be asked",
    );
    expect(await mark()).toBeUndefined();
    const next = await world.sync();
    expect(next.notes.join("\n")).not.toContain(LOST);
    expect(counts(next)).toMatchObject({ complete: true, fetched: 12 });
  });

  test("who may be lost is told where the link expired when changes were asked for", async () => {
    users.remove("u7");
    users.expireLinks();
    expect((await world.sync()).notes.join("\n")).toContain(LOST);
  });
});

test("where everybody is looked for, an expired link loses nobody", async () => {
  await start(SWEEP);
  users.remove("u7");
  users.expireLinks();
  const report = await world.sync({ full: true });
  expect(report.notes.join("\n")).not.toContain("stays");
  expect(counts(report)).toMatchObject({ absent: 1 });
});

test.each([400, 401, 403, 500])("where everybody is looked for, a link that answers %i is given up", async (status) => {
  await start(SWEEP);
  users.remove("u7");
  users.beforePage = (_page, { query }) => (query.get("token")?.startsWith("since") === true ? { status } : null);
  const report = await world.sync({ full: true });
  expect(report).toMatchObject({ outcome: "ok", error: null });
  expect(counts(report)).toMatchObject({ complete: true, absent: 1 });
  expect(counts(await world.sync())).toMatchObject({ gone: 1, complete: true });
  expect(await names()).toEqual(upstreamNames());
});
