import { type App, openApp } from "../../src/app";
import type { ExportedEntry } from "../../src/domain/audit";
import { startWorld, type World } from "../support/world";

/** What no mapping describes any more may be personal all the same: nobody says that it may be shown. */
let world: World;
let app: App;
beforeAll(async () => {
  world = await startWorld();
  await world.write(MAPPING, users(PERSONAL));
  app = await openApp({ home: world.home, env: { DATABASE_URL: world.databaseUrl }, logLevel: "error" });
  Object.assign(world.users[0]!, { email: "ann@example.com", dept: "Kitchen", floor: "Third" });
  await world.sync();
  Object.assign(world.users[0]!, { email: "anne@example.com", name: "Anne", dept: "Garden" });
  await world.sync();
  // What is personal is not wanted any more: it leaves the mapping, and the mirror keeps what it had.
  await world.write(MAPPING, users());
  await world.sync();
});
afterAll(async () => {
  await app.close();
  await world.close();
});

const MAPPING = "mappings/acme/users.yaml";
const PERSONAL = `  display_name: { from: name, pii: true }
  email: { from: email, type: email, pii: true }
attributes:
  salary: { from: dept, pii: true }
  floor: floor
`;
const users = (more = "attributes:\n  floor: floor\n") => `
into: users
key: id
fields:
  username: { from: login, required: true }
  status: { from: state, map: { on: active, _: disabled } }
  roles: { from: roles, type: list }
${more}`;

const SECRETS = /Ann|example|Kitchen|Garden/;

test("a person is shown without it, and with what is described", async () => {
  const person = await app.showPerson("acme", "u1");
  expect(JSON.stringify(person)).not.toMatch(SECRETS);
  expect(person).toMatchObject({
    username: "ann",
    values: { username: "ann", status: "active", email: "a…@e….c…", display_name: "A…" },
    attributes: { salary: "G…", floor: "Third" },
  });
});

test("why a value is what it is hides it, and no list or key", async () => {
  const why = (field: string) =>
    app.why({ source: "acme", key: "u1", field, live: false, signal: new AbortController().signal });
  expect(await why("email")).toMatchObject({ masked: true, value: "a…@e….c…", change: { before: "a…@e….c…" } });
  expect(await why("salary")).toMatchObject({ masked: true, value: "G…" });
  expect(await why("floor")).toMatchObject({ masked: false, value: "Third" });
  expect(await why("roles")).toMatchObject({ masked: false });
  expect(await why("orgs")).toMatchObject({ masked: false });
  expect(await why("key")).toMatchObject({ masked: false, value: "u1" });
});

test("the audit hides it, in every answer", async () => {
  const { entries } = await app.auditUser("acme", "u1", null);
  expect(JSON.stringify(entries)).not.toMatch(SECRETS);
  expect(entries.find(({ kind }) => kind === "create")?.new).toMatchObject({
    username: "ann",
    attributes: { salary: "K…", floor: "Third" },
  });
  const exported: ExportedEntry[] = [];
  await app.auditExport({
    source: "acme",
    since: null,
    until: null,
    take: async (batch) => exported.push(...batch) > 0,
    signal: new AbortController().signal,
  });
  expect(exported.length).toBeGreaterThan(3);
  expect(JSON.stringify(exported)).not.toMatch(SECRETS);
  const [{ at } = { at: "" }] = await world.sql<{ at: string }>("select min(at) as at from audit.entries");
  const diff = await app.auditDiff({ source: "acme", from: new Date(at).toISOString(), to: null, full: true });
  expect(diff.records).toMatchObject([
    { key: "u1", name: "A…", new: { email: "a…@e….c…", attributes: { salary: "G…" } } },
  ]);
  expect(JSON.stringify(diff)).not.toMatch(SECRETS);
});

test("people are called by a name that may be shown, and it is told to nobody where it came from", async () => {
  await world.sql("update mirror.users set display_name = null where key = 'u2'");
  const { holders } = await app.auditWho({ source: "acme", role: "reader", at: null });
  expect(holders.map(({ name }) => name)).toEqual(["A…", "bob"]);
  expect(holders[0]).not.toHaveProperty("calledBy");
});
