import { rm } from "node:fs/promises";
import { JOB, linksOf, recordsOf, startWorld, type World } from "../../support/world";

const BELOW = JOB.replace(
  / {2}users:.*/s,
  '  people: { each: orgs, get: "/orgs/{parent.id}/people", records: items, deletes: sweep }\n',
);
const PEOPLE =
  "into: users\nkey: id\nfields:\n  username: login\n  status: { default: active, from: nothing }\n  orgs: { from: $parent.id, type: list }\n";

let world: World;
/** The organization that answers last. */
let slow: string;

beforeEach(async () => {
  slow = "o1";
  world = await startWorld({ "jobs/acme.yaml": BELOW, "mappings/acme/people.yaml": PEOPLE });
  await rm(`${world.home}/mappings/acme/users.yaml`);
  world.orgs = [
    { id: "o1", name: "One" },
    { id: "o2", name: "Two" },
  ];
  world.users = [1, 2, 3, 4].map((n) => ({ id: `u${n}`, login: `user${n}`, orgs: [n < 3 ? "o1" : "o2"] }));
  const answered = new Map<string, () => void>();
  world.upstream.on("/orgs/{id}/people", async ({ params }) => {
    // The slow one waits until the other has been answered and taken.
    if (params.id === slow) await new Promise<void>((resolve) => answered.set(slow, resolve));
    else setTimeout(() => answered.get(slow)?.(), 50);
    const items = world.users.filter(({ orgs }) => orgs?.includes(params.id ?? ""));
    return { body: { items: items.map(({ id, login }) => ({ id, login })) } };
  });
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
});
afterEach(() => world.close());

const orgsOf = (key: string) =>
  world.sql("select org_key from mirror.user_orgs where user_key = $1 order by org_key", [key]);

test("whoever maps to something else below each of two parents is rejected, whichever answers last", async () => {
  world.users[0]!.orgs = ["o1", "o2"];
  world.users.push({ id: "u5", login: "user5", orgs: ["o1", "o2"] });
  for (const last of ["o1", "o2", "o1"]) {
    slow = last;
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "rejects", exitCode: 5 });
    expect(recordsOf(report, "users")).toMatchObject({
      fetched: 7,
      same: 3,
      rejected: 4,
      duplicates: 0,
      complete: true,
    });
    expect(linksOf(report, "user_orgs")).toMatchObject({ granted: 0, revoked: 0 });
    const reason = "it is below `o1` and below `o2`, and differs";
    expect(report.rejects).toMatchObject(["u1", "u1", "u5", "u5"].map((key) => ({ key, code: "MAP030", reason })));
  }
  expect(await orgsOf("u1")).toEqual([{ org_key: "o1" }]);
  expect(await orgsOf("u5")).toEqual([]);
  world.users[0]!.orgs = ["o2"];
  world.users.pop();
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
  expect(await orgsOf("u1")).toEqual([{ org_key: "o2" }]);
});

test("whoever was rejected for that is read again by the next run that asks for changes alone", async () => {
  const changes = 'full: 30d, since: { field: updatedAt, query: { updated_since: "{since}" }, overlap: 1s }';
  await world.write("jobs/acme.yaml", BELOW.replace(/(?<=orgs: \{.*)deletes: \S+/, `deletes: sweep, ${changes}`));
  world.orgs.push({ id: "o3", name: "Three" });
  let day = 1;
  world.upstream.on("/orgs", ({ query }) => {
    // The last of them is the newest, and the mark.
    const items = world.orgs.map((org) => ({
      ...org,
      updatedAt: `2026-11-0${org.id === "o3" ? day + 1 : day}T00:00:00Z`,
    }));
    return { body: { items: items.filter(({ updatedAt }) => updatedAt >= (query.get("updated_since") ?? "")) } };
  });
  await world.sync();
  day = 3;
  world.users.push({ id: "u5", login: "user5", orgs: ["o1", "o2"] });
  expect(await world.sync()).toMatchObject({ outcome: "rejects" });
  // Neither organization tells it.
  world.users.at(-1)!.orgs = ["o2"];
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
  expect(await orgsOf("u5")).toEqual([{ org_key: "o2" }]);
});

test("whoever is the same below both is told with both, not with pages", async () => {
  await world.write("mappings/acme/people.yaml", PEOPLE.replace("$parent.id", "nothing"));
  world.users[0]!.orgs = ["o1", "o2"];
  const report = await world.sync();
  expect(report.error?.message).toMatch(/`u1` came below `o2` and again below `o1`$/);
});
