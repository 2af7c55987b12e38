import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { openApp } from "../../src/app";
import { type Files, told, withFolder } from "../unit/config/project-folder";

const PERSON = {
  id: "7",
  login: "Ada",
  state: "ACTIVE",
  phones: [{ no: "1" }, { no: "2" }],
  profile: { email: "a@b.c" },
};
const ANSWERS: Readonly<Record<string, unknown>> = {
  "/users": Array.from({ length: 250 }, (_, index) => (index === 0 ? PERSON : { ...PERSON, id: index, login: null })),
  "/roles": [{ id: "r1", title: "Clerk" }],
  "/roles/r1/members": [{ id: "7" }],
};

let server: Server;
let asked: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const answer = ANSWERS[request.url ?? ""];
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = [];
});

const files = (users: string): Files => ({
  "jobs/acme.yaml": `
source: acme
baseUrl: http://127.0.0.1:${(server.address() as AddressInfo).port}
http: { allowPrivate: true, retry: { on: [], budget: 0s } }
entities:
  users: { get: /users, page: none, deletes: sweep }
  roles: { get: /roles, page: none, deletes: sweep }
  members: { each: roles, get: "/roles/{parent.id}/members", page: none, deletes: sweep-within-parent }
`,
  "mappings/acme/users.yaml": users,
  "mappings/acme/roles.yaml": "into: roles\nkey: id\nfields: { name: title }\n",
  "mappings/acme/members.yaml": "into: user_roles\nfields: { user: id, role: $parent.idd }\n",
});

const USERS =
  "into: users\nkey: id\nfields:\n  username: login\n  status: { from: state, map: { ACTIVE: active, _: disabled } }\n  email: profile.emial\n  phone: phones.no\n";

const check = (contents: Files, sample: boolean) =>
  withFolder(contents, async (home) => {
    const app = await openApp({ home, env: {}, logLevel: "error" });
    try {
      return await app.check(sample ? { signal: new AbortController().signal } : undefined);
    } finally {
      await app.close();
    }
  });

test("records that no document describes are looked at only when asked, and only warn", async () => {
  const without = await check(files(USERS), false);
  expect(without).toMatchObject({ problems: [], sampled: [] });
  expect(asked).toEqual([]);

  const { problems, sampled } = await check(files(USERS), true);
  expect(asked).toEqual(["/users", "/roles", "/roles/r1/members"]);
  expect(sampled).toEqual([
    { source: "acme", entity: "users", records: 100 },
    { source: "acme", entity: "roles", records: 1 },
    { source: "acme", entity: "members", records: 1 },
  ]);
  expect(problems.map(told)).toEqual([
    "mappings/acme/users.yaml:4:13 «login» warning MAP049 `username` is required, but this may be absent: such records are rejected (going by 100 records of the API) → add a source that is always there, or a `default`",
    "mappings/acme/users.yaml:6:18 «emial» warning MAP047 `profile` of the API's records has no `emial` (going by 100 records of the API) → did you mean `email`?",
    "mappings/acme/users.yaml:7:10 «phones.no» warning MAP048 `phone` takes a text, but this is a list as soon as there are two: those records are rejected (going by 100 records of the API) → pick one, such as `(phones.no)[0]`, or `$join` them",
    "mappings/acme/members.yaml:2:35 «idd» warning MAP047 `$parent` of the API's records has no `idd` (going by 1 record of the API) → did you mean `id`?",
  ]);
});

test("what YAML would cut off is suggested between quotes", async () => {
  const users = `into: users
key: id
fields:
  username: { from: $lowercase(phones.no), pii: true }
  status: { from: state, map: { ACTIVE: active, _: disabled }, default: disabled }
  title: { from: phones.no, pii: true }
  phone: { from: 'phones.no', pii: true }
  email: { from: profile.emial, pii: true }
`;
  const { problems } = await check(files(users), true);
  const of = (line: number) => problems.find((one) => one.file.endsWith("users.yaml") && one.line === line)?.hint;
  expect(of(6)).toBe("pick one, such as `(phones.no)[0]`, or `$join` them; quote the whole expression: '…'");
  expect(of(7)).toBe("pick one, such as `(phones.no)[0]`, or `$join` them");
  expect(of(8)).toBe("did you mean `email`?");
});

test("files with errors are told first, and nobody is asked", async () => {
  const { problems } = await check(files(USERS.replace("username: login", "username: $lowercse(login)")), true);
  expect(problems.map(({ code }) => code)).toEqual(["MAP041"]);
  expect(asked).toEqual([]);
});

test("what cannot be read is told beside what the others show", async () => {
  const job = String(files(USERS)["jobs/acme.yaml"]).replace("get: /roles,", "get: /nobody,");
  const { problems, sampled, failures } = await check({ ...files(USERS), "jobs/acme.yaml": job }, true);
  expect(asked).toEqual(["/users", "/nobody"]);
  expect(sampled.map(({ entity }) => entity)).toEqual(["users"]);
  expect(problems).toHaveLength(3);
  const failure = {
    source: "acme",
    code: "UPS009",
    message: expect.stringContaining("/nobody does not exist (status 404)"),
  };
  expect(failures).toMatchObject([
    { ...failure, entity: "roles" },
    { ...failure, entity: "members" },
  ]);
});

test("a customer's system that is away is asked once", async () => {
  const job = String(files(USERS)["jobs/acme.yaml"]).replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1");
  const { sampled, failures } = await check({ ...files(USERS), "jobs/acme.yaml": job }, true);
  expect(sampled).toEqual([]);
  expect(failures.map(({ entity, code }) => [entity, code])).toEqual([
    ["users", "UPS001"],
    ["roles", "UPS001"],
    ["members", "UPS001"],
  ]);
});

test("with a document nobody is asked, and a run with such a mistake does not begin", async () => {
  const schema = { type: "object", properties: { id: { type: "string" }, title: { type: "string" } } };
  const answer = { description: "", content: { "application/json": { schema: { type: "array", items: schema } } } };
  const document = {
    openapi: "3.1.0",
    info: { title: "Acme", version: "1" },
    paths: { "/roles": { get: { operationId: "listRoles", responses: { 200: answer } } } },
  };
  const contents: Files = {
    "acme.json": JSON.stringify(document),
    "jobs/acme.yaml":
      "source: acme\nopenapi: ../acme.json\nbaseUrl: http://127.0.0.1:1\nentities:\n  roles: { get: listRoles, page: none, deletes: sweep }\n",
    "mappings/acme/roles.yaml": 'into: roles\nkey: id\nfields:\n  name: "\\u0024trim(titel)"\n',
  };
  expect((await check(contents, false)).problems.map(told)).toEqual([
    "mappings/acme/roles.yaml:4:21 «titel» MAP047 the API's records have no `titel` → did you mean `title`?",
  ]);
  await withFolder(contents, async (home) => {
    const app = await openApp({ home, env: {}, logLevel: "error" });
    const { signal } = new AbortController();
    const trigger = { kind: "cli", by: "somebody", reason: null } as const;
    const request = { source: "acme", only: null, user: null, full: false, trigger, onEvent: () => undefined, signal };
    await expect(app.plan(request)).rejects.toMatchObject({ code: "CFG001", exitCode: 3 });
    await app.close();
  });
  expect(asked).toEqual([]);
});
