/** Whoever went for being absent and disabled is still told as disabled by changes, and by `one`: that brings nobody back. */

import { SINCE_JOB } from "../../support/changing-upstream";
import { counts, person, startToldChanges, type ToldChanges } from "../../support/told-changes";
import { createList } from "../../support/upstream-list";
import type { Reply } from "../../support/upstream-server";

const HOUR = 60 * 60_000;

let { world, users, close } = {} as ToldChanges;
/** The list of everybody leaves out whoever is disabled; what changed tells them. */
let hides = true;

beforeEach(async () => {
  hides = true;
  ({ world, users, close } = await startToldChanges(
    `keepRaw: true\n${SINCE_JOB.replace("sweep-now, 'state", "sweep, 'state")}`,
  ));
  const list = createList(
    world.upstream.url,
    ({ query }) => {
      const from = query.get("updated_since");
      return world.users.filter(({ updatedAt, state }) =>
        from === null ? !hides || state !== "off" : String(updatedAt) >= from,
      );
    },
    { paging: "offset", pageSize: 5, total: "body" },
  );
  world.upstream.on("/users", async (request, response) => {
    const reply = (await list.handler(request, response)) as Reply;
    return { ...reply, headers: { ...reply.headers, date: new Date(users.clock).toUTCString() } };
  });
  await world.sync();
  users.clock += HOUR;
  users.put(person(3, { state: "off", roles: ["r1"] }));
  expect(counts(await world.sync({ full: true }))).toMatchObject({ gone: 1, complete: true, after: 11 });
});
afterEach(() => close());

const told = async () =>
  (
    await world.sql<{ kind: string }>(
      "select kind from audit.entries where entity = 'users' and key = 'u3' order by at, id",
    )
  ).map(({ kind }) => kind);
const rolesOf = () =>
  world.sql("select role_key, effective from mirror.user_roles where user_key = 'u3' order by role_key");

test("neither what changed nor reading them alone restores them, and they go but once", async () => {
  for (const choices of [{}, { user: "u3" }, { full: true }, {}]) {
    const report = await world.sync(choices);
    const isListed = "full" in choices;
    expect(report).toMatchObject({ outcome: "ok", error: null });
    const note = "1 person gone before, told as disabled: not back until a list names them, or they are not disabled";
    expect(report.notes.includes(note)).toBe(!isListed);
    expect(counts(report)).toMatchObject({ restored: 0, gone: 0, absent: 0, skipped: isListed ? 0 : 1, after: 11 });
  }
  expect(await told()).toEqual(["create", "tombstone"]);
  expect(await rolesOf()).toEqual([{ role_key: "r2", effective: false }]);
  expect(await world.sql("select key from sync.raw_records where stream = 'users' and key = 'u3'")).toEqual([]);
  expect(await world.sql("select count(*)::integer as rows from sync.removals")).toEqual([{ rows: 1 }]);
});

test.each([
  ["what changed", {}],
  ["reading them alone", { user: "u3" }],
])("who is not disabled any more is back by %s", async (_, choices) => {
  await world.sync();
  users.put(person(3, { roles: ["r1"] }));
  expect(counts(await world.sync(choices))).toMatchObject({ restored: 1, skipped: 0, after: 12 });
  expect(await rolesOf()).toEqual([{ role_key: "r1", effective: true }]);
});

test("a list that names them brings them back, disabled", async () => {
  await world.sync();
  hides = false;
  expect(counts(await world.sync({ full: true }))).toMatchObject({ restored: 1, after: 12 });
  expect(await world.sql("select status from mirror.users where key = 'u3'")).toEqual([{ status: "disabled" }]);
  expect(counts(await world.sync())).toMatchObject({ restored: 0, skipped: 0, after: 12 });
});

test("who went because the system called them gone is back as soon as it tells them otherwise", async () => {
  users.put(person(4, { state: "purged" }));
  expect(counts(await world.sync())).toMatchObject({ gone: 1 });
  users.put(person(4, { state: "off" }));
  expect(counts(await world.sync())).toMatchObject({ restored: 1, skipped: 1 });
});
