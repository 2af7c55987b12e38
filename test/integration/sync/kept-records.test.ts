import { rm } from "node:fs/promises";
import { KeptRecordStore } from "../../../src/mirror/kept-record-store";
import { RetireStore } from "../../../src/mirror/retire-store";
import { JOB, startWorld, type World } from "../../support/world";

const MEMBERS = `  role_members: { each: roles, get: "/roles/{parent.id}/members", records: items, deletes: sweep-within-parent }\n`;
const KEEPING = `keepRaw: { redact: [ssn, addresses.street] }\n${JOB}${MEMBERS}`;

let world: World;
let store: KeptRecordStore;
let members: Record<string, { user: string; note?: string }[]>;

beforeEach(async () => {
  world = await startWorld({
    "jobs/acme.yaml": KEEPING,
    "mappings/acme/role_members.yaml": "into: user_roles\nfields: { user: user, role: $parent.id }\n",
  });
  store = new KeptRecordStore(world.database.knex);
  members = { r1: [{ user: "u1", note: "first" }], r2: [{ user: "u2" }, { user: "u3" }] };
  world.upstream.on("/roles/{id}/members", ({ params }) => ({ body: { items: members[params.id ?? ""] ?? [] } }));
});
afterEach(() => world.close());

const kept = async (): Promise<readonly string[]> =>
  (
    await world.sql<{ stream: string; key: string }>("select stream, key from sync.raw_records order by stream, key")
  ).map(({ stream, key }) => `${stream} ${key}`);
const people = async (): Promise<readonly string[]> => (await kept()).filter((one) => one.startsWith("users "));

test("nothing is kept unless the job says so", async () => {
  await world.write("jobs/acme.yaml", JOB);
  await world.sync({ only: ["users"] });
  expect(await kept()).toEqual([]);
});

test("records are kept as they came, without what is redacted or looks like a secret", async () => {
  const odd = JSON.parse(
    '{"id":"u1","login":"ann","state":"on","big":123456789012345678901,"__proto__":{"x":1},"nul":"a\\u0000b","half":"\\ud800","ssn":"999","addresses":[{"street":"X","city":"Y"}],"passwordHash":"$2y","credentials":{"password":{"value":"p"},"provider":"okta"},"passwordChanged":"2024-01-01","mustChangePassword":true}',
  );
  world.users[0] = odd;
  const report = await world.sync();
  expect(report.outcome).toBe("ok");
  const found = await store.read("acme", "users", "u1");
  expect(found).toMatchObject({ run: report.run, parent: null });
  expect(JSON.stringify(found?.record)).toBe(
    '{"id":"u1","login":"ann","state":"on","big":"123456789012345680000","__proto__":{"x":1},"nul":"a\\u0000b","half":"\\ud800","addresses":[{"city":"Y"}],"credentials":{"provider":"okta"},"passwordChanged":"2024-01-01","mustChangePassword":true}'.replace(
      '"123456789012345680000"',
      // What JavaScript cannot hold arrives as text already.
      JSON.stringify(found?.record.big),
    ),
  );
});

test("children are kept under their parent and with it", async () => {
  await world.sync();
  expect((await kept()).filter((one) => one.startsWith("role_members"))).toEqual([
    "role_members u1 -> r1",
    "role_members u2 -> r2",
    "role_members u3 -> r2",
  ]);
  expect(await store.read("acme", "role_members", "u1 -> r1")).toMatchObject({
    record: { user: "u1", note: "first" },
    parent: { id: "r1", name: "Admin" },
  });
  members.r2 = [{ user: "u2" }];
  await world.sync();
  expect(await store.read("acme", "role_members", "u3 -> r2")).toBeNull();
});

test("a night without changes writes nothing, and one with a change only that", async () => {
  await world.sync();
  const versions = () => world.sql("select stream, key, xmin, run from sync.raw_records order by stream, parent, key");
  const before = await versions();
  await world.sync();
  expect(await versions()).toEqual(before);
  world.users[1]!.note = "new";
  const report = await world.sync();
  const changed = (await versions()).filter((row, index) => row.xmin !== before[index]?.xmin);
  expect(changed).toMatchObject([{ stream: "users", key: "u2", run: report.run }]);
});

test("rejected records are kept, also those without a key, until they map or are gone", async () => {
  world.users[1]!.login = null;
  world.users.push({ id: null, login: "nobody" });
  await world.sync();
  expect(await people()).toEqual(["users page 1, record 4", "users u1", "users u2", "users u3"]);
  expect((await store.read("acme", "users", "page 1, record 4"))?.record).toEqual({ id: null, login: "nobody" });
  world.users.splice(3, 1);
  world.users[1]!.login = "bob";
  await world.sync();
  expect(await people()).toEqual(["users u1", "users u2", "users u3"]);
});

test("a record goes with its person, in every stream, and is not kept again", async () => {
  await world.sync();
  world.users = world.users.filter(({ id }) => id !== "u2");
  await world.sync();
  // The role still names who is gone.
  expect((await kept()).filter((one) => one.includes("u2"))).toEqual([]);
  members.r2 = [{ user: "u2", note: "again" }];
  await world.sync();
  expect((await kept()).filter((one) => one.includes("u2"))).toEqual([]);
  world.users[0]!.state = "staged";
  await world.sync();
  expect((await kept()).filter((one) => one.includes("u1"))).toEqual([]);
});

test("who is absent for the first time is kept, as in the mirror", async () => {
  await world.write("jobs/acme.yaml", KEEPING.replace("    one: /users/{key}\n", ""));
  await world.sync();
  world.users = world.users.filter(({ id }) => id !== "u2");
  await world.sync();
  expect(await people()).toContain("users u2");
  await world.sync();
  expect(await people()).toEqual(["users u1", "users u3"]);
});

test("a run for one person keeps that one and leaves the others alone", async () => {
  await world.sync();
  const before = await kept();
  world.users[0]!.note = "new";
  await world.sync({ user: "u1" });
  expect(await kept()).toEqual(before);
  expect((await store.read("acme", "users", "u1"))?.record.note).toBe("new");
});

test("a plan keeps nothing", async () => {
  await world.plan();
  expect(await kept()).toEqual([]);
});

test("what is redacted from now on is not kept any longer", async () => {
  world.users[0]!.phone = "123";
  await world.sync();
  await world.write("jobs/acme.yaml", KEEPING.replace("[ssn,", "[phone, ssn,"));
  await world.sync();
  expect((await store.read("acme", "users", "u1"))?.record).not.toHaveProperty("phone");
  expect(await people()).toEqual(["users u1", "users u2", "users u3"]);
  expect(await store.summary("acme")).toContainEqual(
    expect.objectContaining({ stream: "users", records: 3, without: ["phone", "ssn", "addresses.street"] }),
  );
});

test("all of it goes with the word in the job, and with the source", async () => {
  await world.sync();
  await world.write("jobs/acme.yaml", KEEPING.replace(MEMBERS, ""));
  await rm(`${world.home}/mappings/acme/role_members.yaml`);
  await world.sync();
  expect((await kept()).filter((one) => one.startsWith("role_members"))).toEqual([]);
  await world.write("jobs/acme.yaml", JOB);
  await world.sync();
  expect(await kept()).toEqual([]);
  await world.write("jobs/acme.yaml", `keepRaw: true\n${JOB}`);
  await world.sync();
  expect(await kept()).not.toEqual([]);
  const trigger = { kind: "cli", by: "test@here", reason: null } as const;
  await new RetireStore(world.database).retire({ source: "acme", file: null, expect: 3, trigger });
  expect(await kept()).toEqual([]);
});

test("pages come in order, few at a time, to the last", async () => {
  await world.sync();
  const pages = [];
  for await (const page of store.pages("acme", "users", null, 2)) pages.push(page.map(({ key }) => key));
  expect(pages).toEqual([["u1", "u2"], ["u3"]]);
});
