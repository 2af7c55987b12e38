import { statSync } from "node:fs";
import { chmod, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type App, openApp } from "../../src/app";
import type { RecordRequest } from "../../src/domain/recorded-test";
import { JOB, startWorld, type World } from "../support/world";
import { command } from "../unit/cli/command";

const USERS = `# Users of the directory
into: users
key:   id     # odd spaces stay
skip: state = "staged"
fields:
  username: { from: login, required: true }   # the login
  status: { from: state, map: { on: active, off: disabled, _: disabled } }
  display_name: name
  email: { from: email, type: email, pii: true }
  roles: { from: roles, type: list }
tests:
  - it: maps a record of users
    given: { id: u, login: l, state: on }
    expect: { status: active }
# the end
`;
const PERSON = {
  id: "u77120988",
  login: "qvenholt",
  state: "on",
  name: "Aurelia Qvenholt",
  email: "aurelia.qvenholt@canary.test",
};
const CANARIES = ["77120988", "qvenholt", "aurelia", "canary"];

let world: World;
let app: App;

beforeEach(async () => {
  world = await startWorld({ "jobs/acme.yaml": `keepRaw: true\n${JOB}`, "mappings/acme/users.yaml": USERS });
  world.users = [
    { ...PERSON, roles: ["r1"] },
    { ...PERSON, id: "u2", login: null },
    { id: null, login: PERSON.login },
  ];
  const env = { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url };
  app = await openApp({ home: world.home, env, logLevel: "error" });
});
afterEach(async () => {
  await app.close();
  await world.close();
});

const record = (changes: Partial<RecordRequest> = {}) =>
  app.recordTest({
    source: "acme",
    key: PERSON.id,
    entity: "users",
    live: false,
    write: true,
    signal: new AbortController().signal,
    ...changes,
  });
const mappingFile = () => readFile(join(world.home, "mappings/acme/users.yaml"), "utf8");

test("a kept record becomes a test at the end of the others, which passes and holds nobody", async () => {
  await world.sync();
  const recorded = await record();
  expect(recorded).toMatchObject({ from: "kept", run: 1, file: "mappings/acme/users.yaml", line: 15 });
  const text = await mappingFile();
  expect(text.replace(recorded.text.replace(/^(?=.)/gm, "  "), "")).toBe(USERS);
  expect(text.split("\n")[14]).toBe("  - it: maps a record of users, 2");
  for (const canary of CANARIES) expect(text.toLowerCase()).not.toContain(canary);
  expect(recorded.test).toMatchObject({
    given: { state: "on", roles: [expect.stringMatching(/^\w\d$/)] },
    expect: { status: "active" },
  });
  expect(await app.testMappings(["acme"])).toMatchObject({ passed: 2, failed: 0 });
});

test("rejected records too, by their key or their place, and those of the upstream", async () => {
  await world.sync();
  expect((await record({ key: "u2" })).test).toMatchObject({
    rejects: "username",
    it: expect.stringContaining("MAP020"),
  });
  expect((await record({ key: "page 1, record 3" })).test).toMatchObject({ rejects: "key" });
  world.users[0] = { ...PERSON, state: "staged" };
  expect(await record({ live: true })).toMatchObject({ from: "live", run: null, test: { skips: true } });
  expect((await record({ key: "r1", entity: "roles", live: true })).test.expect).toMatchObject({
    permissions: expect.anything(),
  });
  expect(await app.testMappings(["acme"])).toMatchObject({ passed: 5, failed: 0 });
  for (const canary of CANARIES) expect((await mappingFile()).toLowerCase()).not.toContain(canary);
});

test("what a change feed calls removed is left out by its test, too", async () => {
  const paging = "page: { offset: offset, size: limit=10, total: total }\n    deletes: [sweep, 'state = \"purged\"']";
  const feed =
    "page: none\n    delta: { link: delta, removed: left.when, as: since }\n    full: 7d\n    deletes: sweep";
  expect(JOB).toContain(paging);
  await world.write("jobs/acme.yaml", JOB.replace(paging, feed));
  world.users[0] = { ...PERSON, left: { when: "2026-05-17" } };
  const { test, text } = await record({ live: true });
  expect(test).toMatchObject({ it: "leaves a record out: deleted", skips: true, given: { left: { when: /^20/ } } });
  expect(text).not.toContain("2026-05-17");
  const { files, passed, failed } = await app.testMappings(["acme"]);
  expect({ passed, failed }).toEqual({ passed: 2, failed: 0 });
  const made = files.flatMap(({ tests }) => tests).find(({ it }) => it === test.it);
  expect(made?.because).toBe("the job's `removed` says so");
  expect(files.flatMap(({ unreached }) => unreached).map(({ field }) => field)).not.toContain("removed");
});

test("of a record kept without what decides about it no test is made; fields that read it are not told", async () => {
  const edit = (from: string, to: string) => world.write("mappings/acme/users.yaml", USERS.replace(from, to));
  await world.write("jobs/acme.yaml", `keepRaw: { redact: [emp] }\n${JOB}`);
  world.users[0] = { ...PERSON, emp: "E77120988", isSecret: true, apiToken: "t77120988" };
  for (const [from, to, path, by] of [
    ["skip: ", "skip: $not($exists(emp)) or ", "emp", "skip"],
    ["{ from: login, req", "{ from: [emp, login], req", "emp", "username"],
    ["skip: ", "skip: $not($exists(apiToken)) or ", "apiToken", "skip"],
  ] as const) {
    await edit(from, to);
    await world.sync();
    await expect(record()).rejects.toMatchObject({
      code: "KEP002",
      message: expect.stringContaining(`kept without \`${path}\`, which \`${by}\` reads`),
      fix: expect.stringContaining("--live"),
    });
    expect((await record({ live: true, write: false })).test).toHaveProperty("expect");
  }
  await edit("display_name: name", "display_name: name\n  title: { from: emp, default: none }");
  await world.sync();
  expect((await record()).test.expect).not.toHaveProperty("title");
  await edit("skip: ", "skip: $not(isSecret) or ");
  expect((await record()).test.expect).toMatchObject({ status: "active" });
  await edit("display_name: name", "display_name: '$exists(emp) ? name : $error(\"no emp\")'");
  await world.sync();
  await expect(record()).rejects.toMatchObject({ code: "KEP002" });
});

test("printed only, nothing is written; as a command", async () => {
  await world.sync();
  const said = await command(["mapping", "record", `acme/${PERSON.id}`, "--print"], {
    sources: app.sources,
    recordTest: app.recordTest,
  });
  expect(said).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/^- it: maps a record of users, 2\n[\s\S]*kept by run 1/),
  });
  for (const canary of CANARIES) expect(said.out.toLowerCase()).not.toContain(canary);
  expect(await mappingFile()).toBe(USERS);
});

test("what is not there is said so, with what to do", async () => {
  await expect(record()).rejects.toMatchObject({ code: "KEP001", fix: expect.stringContaining("sync acme") });
  await world.write("jobs/acme.yaml", JOB);
  await expect(record()).rejects.toMatchObject({ code: "KEP001", fix: expect.stringContaining("keepRaw: true") });
  await world.write("jobs/acme.yaml", `keepRaw: true\n${JOB}`);
  await world.sync();
  await expect(record({ key: "nobody" })).rejects.toMatchObject({ code: "KEP002" });
  await expect(record({ entity: "user" })).rejects.toMatchObject({ code: "USE003" });
  await expect(record({ key: "nobody", live: true })).rejects.toMatchObject({ code: "UPS021" });
  await world.write("mappings/acme/users.yaml", USERS.replace("into: users", "into: user"));
  await expect(record()).rejects.toMatchObject({ exitCode: 3 });
});

test("a file that cannot be added to is left alone, and nothing beside it", async () => {
  await world.sync();
  const flow = USERS.replace(
    /tests:[\s\S]*expect: .*\n/,
    "tests: [{ it: a, given: { id: u, login: l, state: on }, expect: { key: u } }]\n",
  );
  await world.write("mappings/acme/users.yaml", flow);
  await expect(record()).rejects.toMatchObject({
    code: "KEP004",
    message: expect.stringMatching(/^mappings\/acme\/users.yaml:\d+:8: /),
  });
  expect(await mappingFile()).toBe(flow);
  expect((await readdir(join(world.home, "mappings/acme"))).sort()).toEqual(
    ["orgs", "permissions", "roles", "users"].map((name) => `${name}.yaml`),
  );
});

test("the file keeps its permissions", async () => {
  await world.sync();
  const path = join(world.home, "mappings/acme/users.yaml");
  await chmod(path, 0o640);
  await record();
  expect(statSync(path).mode & 0o777).toBe(0o640);
});
