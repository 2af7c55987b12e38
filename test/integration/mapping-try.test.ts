/** `mapping try` as an author meets it: real files, and a customer's system over HTTP. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RealCommandOptions, realCommand } from "../support/real-command";
import { startUpstreamServer, type UpstreamServer } from "../support/upstream-server";
import { type Files, withFolder } from "../unit/config/project-folder";

const TOKEN = "canary-token-9f1c";
const FILES: Files = {
  "jobs/acme.yaml": `
source: acme
baseUrl: \${ACME_URL}
auth: { kind: bearer, token: "\${ACME_TOKEN}" }
http: { timeout: 5s, allowPrivate: true, retry: { on: [], backoff: 1ms..2ms, budget: 1s } }
entities:
  users:
    get: /users
    one: /users/{key}
    records: items
    page: { offset: offset, size: limit=2, total: total }
    deletes: [never, gone]
  roles: { get: /roles, records: items, page: none, deletes: never }
  members: { each: roles, get: "/roles/{parent.id}/members", records: items, page: none, deletes: never }
`,
  "mappings/acme/users.yaml": `
into: users
key: id
skip: state = "STAGED"
fields:
  username: login
  status: { from: state, map: { ON: active, _: disabled } }
  email: { from: contact.mail, pii: true }
  title: { from: title, default: none }
tests:
  - it: takes the login
    given: { id: u9, login: given.login, state: ON }
    expect: { username: given.login }
`,
  "mappings/acme/roles.yaml": "into: roles\nkey: id\nfields:\n  name: name\n",
  "mappings/acme/members.yaml": "into: user_roles\nfields:\n  user: user\n  role: $parent.id\n",
};

const people = [
  { id: "u1", login: "ada", state: "ON", contact: { mail: "ada@corp.example" }, note: "plays the Cello" },
  { id: "u2", state: "OFF" },
  { id: "u3", login: "eva", state: "STAGED" },
  { id: "u4", login: "gus", state: "ON", gone: true },
  { id: "u5", login: "ida", state: "ON" },
];

let upstream: UpstreamServer;
beforeEach(async () => {
  upstream = await startUpstreamServer();
  upstream.serveList("/users", () => people, { paging: "offset", pageSize: 2, total: "body" });
  upstream.on("/users/{id}", ({ params }) => {
    const found = people.find(({ id }) => id === params.id);
    return params.id === "other" ? { body: people[0] } : found === undefined ? { status: 404 } : { body: found };
  });
  upstream.serveList("/roles", () => [{ id: "r1", name: "One" }, { id: "r2" }, { id: "r3", name: "Three" }]);
  upstream.on("/roles/{id}/members", ({ params }) => ({ body: { items: [{ user: `${params.id}-u` }] } }));
  upstream.gate(({ headers }) => (headers.authorization === `Bearer ${TOKEN}` ? null : { status: 401 }));
});
afterEach(() => upstream.close());

async function tryIt(argv: readonly string[], options: RealCommandOptions & { files?: Files } = {}) {
  const { files = FILES, ...rest } = options;
  const env = { ACME_URL: upstream.url, ACME_TOKEN: TOKEN, ...rest.env };
  const said = await withFolder(files, (home) => realCommand(home, ["mapping", "try", ...argv], { ...rest, env }));
  expect(said.out + said.err).not.toContain(TOKEN);
  return { ...said, json: () => JSON.parse(said.out) };
}

test("--live: the first records, masked, and the counts; a reject is exit 5", async () => {
  const { exitCode, out, err } = await tryIt(["users", "--source", "acme", "--live", "--limit", "4"]);
  expect({ exitCode, err }).toEqual({ exitCode: 5, err: "" });
  expect(out).toMatchInlineSnapshot(`
"acme/users  mappings/acme/users.yaml, on the first records of the customer's system; personal data, and what no field reads, is masked

1  mapped
  key = "u1"  <- id = "u1"
  username = "ada"  <- login = "ada"
  status = "active"  by \`map\`  <- state = "ON"
  email = "a…@c….e…"  <- contact.mail = "a…@c….e…"
  title = "none"  by \`default\`  <- title is not there

2  rejected: \`username\` is missing (MAP020)
  key = "u2"  <- id = "u2"
  username = rejected: \`username\` is missing  <- login is not there
  status = "disabled"  by \`map\`, \`_\`  <- state = "OFF"
  email = (nothing)  <- contact.mail is not there
  title = "none"  by \`default\`  <- title is not there

3  left out: the mapping's \`skip\` is true
  skip = true  <- state = "STAGED"
  key = "u3"  <- id = "u3"

4  left out: the job's \`deletes\` is true
  deletes = true  <- gone = true
  key = "u4"  <- id = "u4"

4 records: 1 mapped, 1 rejected, 2 left out; there are more, see them with --limit
"
`);
});

test("--live on a wide terminal: what was read beside what it became", async () => {
  const options = { columns: 120, env: { NO_COLOR: "1" } };
  const { out } = await tryIt(["acme/users", "--live", "-n", "1"], options);
  expect(out).toMatchInlineSnapshot(`
"acme/users  mappings/acme/users.yaml, on the first records of the customer's system; personal data, and what no field reads, is masked

1  mapped
  id = "u1"                  ->  key       "u1"
  login = "ada"              ->  username  "ada"
  state = "ON"               ->  status    "active"  by \`map\`
  contact.mail = "a…@c….e…"  ->  email     "a…@c….e…"
  title is not there         ->  title     "none"  by \`default\`

1 record: 1 mapped; there are more, see them with --limit
"
`);
});

test("--live asks for no more pages than it needs, and writes nothing", async () => {
  const { exitCode, json } = await tryIt(["acme/users", "--live", "-n", "1", "-o", "json"]);
  expect(exitCode).toBe(0);
  expect(json()).toMatchObject({ from: "live", masked: true, mapped: 1, more: true });
  // The page after this one is asked for while it is read.
  expect(upstream.requests.length).toBeLessThan(3);
});

test("-o json holds the record, masked: personal fields and what no field reads", async () => {
  const { out, json } = await tryIt(["acme/users", "--key", "u1", "-o", "json"]);
  expect(json().records).toEqual([
    expect.objectContaining({
      record: { ...people[0], contact: { mail: "a…@c….e…" }, note: "p… t… C…" },
      result: expect.objectContaining({ values: expect.objectContaining({ email: "a…@c….e…", username: "ada" }) }),
    }),
  ]);
  expect(out).not.toMatch(/corp\.example|Cello/);
});

test("-o jsonl: one record a line", async () => {
  const { out } = await tryIt(["acme/users", "--live", "-o", "jsonl"]);
  expect(
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).result.outcome),
  ).toEqual([...["record", "rejected", "skipped", "skipped", "record"]]);
});

test("--live for children: they are read under the parents that a run would read", async () => {
  const { json } = await tryIt(["acme/members", "--live", "-o", "json"]);
  expect(json().records.map(({ result }: { result: unknown }) => result)).toEqual([
    expect.objectContaining({ left: "r1-u", right: "r1" }),
    expect.objectContaining({ left: "r3-u", right: "r3" }),
  ]);
});

test("--key without `one:` finds the record in the list", async () => {
  const files = { ...FILES, "jobs/acme.yaml": String(FILES["jobs/acme.yaml"]).replace("    one: /users/{key}\n", "") };
  const { exitCode, json } = await tryIt(["acme/users", "--key", "u5", "-o", "json"], { files });
  expect(exitCode).toBe(0);
  expect(json()).toMatchObject({ mapped: 1, records: [{ result: { key: "u5" } }] });
});

test.each<[string[], number, string]>([
  [["acme/users", "--key", "nobody"], 4, "error[UPS021]: the upstream has no record of `users` with the key `nobody`"],
  [["acme/users", "--key", "other"], 4, "error[UPS020]: asked for `other`, the upstream answered with another record"],
  [["acme/members", "--key", "u1"], 2, "error[USE001]: `members` cannot be asked for by key"],
  [["acme/user", "--live"], 2, "did you mean `users`?"],
  [["acne/users", "--live"], 2, "did you mean `acme`?"],
  [["acne/users"], 2, "did you mean `acme`?"],
  [["users"], 2, "error[USE001]: `users` of which source?"],
  [["acme/users", "--source", "other"], 2, "error[USE001]"],
  [
    ["acme/users", "--source", "acme", "--with", "none.json"],
    2,
    "error[USE008]: `none.json` cannot be read: there is no such file",
  ],
  [
    ["acme/users", "--with", "records.json", "--parent", "none.json"],
    2,
    "name a file with the parent's record in JSON, or - for standard input",
  ],
  [["acme/users", "--with", "none.json"], 2, "name a file with records in JSON, or - for standard input"],
  [["acme/users", "--with", "jobs"], 2, "error[USE008]: `jobs` cannot be read: it is a folder"],
  [["acme/users", "--with", "jobs/acme.yaml"], 2, "error[USE008]: `jobs/acme.yaml` is not JSON"],
  [["acme/users", "--with", "-", "--live"], 2, "error[USE001]"],
  [["acme/users", "--key", "u1", "--live"], 2, "error[USE001]"],
  [["acme/users", "--parent", "x.json"], 2, "error[USE001]: `--parent` belongs to `--with`"],
  [["acme/roles"], 2, "name records: --with FILE, --live or --key KEY"],
  [["acme/users", "--limit", "0"], 2, "error[USE001]"],
])("%j: exit %i and a way out", async (argv, code, message) => {
  const { exitCode, out, err } = await tryIt(argv);
  expect({ exitCode, out }).toEqual({ exitCode: code, out: "" });
  expect(err).toContain(message);
});

test("a system that is out of reach is exit 4; credentials it refuses too", async () => {
  expect(await tryIt(["acme/users", "--live"], { env: { ACME_URL: "http://127.0.0.1:1" } })).toMatchObject({
    exitCode: 4,
  });
  upstream.gate(() => ({ status: 401 }));
  expect(await tryIt(["acme/users", "--key", "u1"])).toMatchObject({ exitCode: 4, out: "" });
});

test("a variable that is not set matters only where the system is asked", async () => {
  const env = { ACME_TOKEN: "" };
  expect((await tryIt(["acme/users", "--live"], { env })).exitCode).toBe(3);
  expect((await tryIt(["acme/users"], { env })).exitCode).toBe(0);
});

test("without any of the flags: the records of its tests, as they stand there", async () => {
  const { exitCode, out } = await tryIt(["acme/users"]);
  expect(exitCode).toBe(0);
  expect(out).toContain("1  takes the login  mapped");
  expect(out).toContain('login = "given.login"');
  expect(upstream.requests).toEqual([]);
});

test.each<[string, string]>([
  ["a list", JSON.stringify(people)],
  ["a page", JSON.stringify({ items: people, total: 5 })],
  ["one record a line", people.map((person) => JSON.stringify(person)).join("\n")],
])("--with - : %s, unmasked, and without the customer's system", async (_, stdin) => {
  const { exitCode, out } = await tryIt(["acme/users", "--with", "-"], { stdin });
  expect(exitCode).toBe(5);
  expect(out).toContain('email = "ada@corp.example"');
  expect(out).toContain("5 records: 2 mapped, 1 rejected, 2 left out");
  expect(upstream.requests).toEqual([]);
});

test("--with --parent: children of a parent in a file", async () => {
  await withFolder(FILES, async (home) => {
    await writeFile(join(home, "child.json"), '{"user":"u1"}');
    await writeFile(join(home, "parent.json"), '{"id":"r7"}');
    const argv = ["mapping", "try", "acme/members", "--with", "child.json", "--parent", "parent.json", "-o", "json"];
    const { out } = await realCommand(home, argv);
    expect(JSON.parse(out)).toMatchObject({ mapped: 1, records: [{ result: { left: "u1", right: "r7" } }] });
  });
});

test("what commands a terminal is written out, not obeyed", async () => {
  const stdin = JSON.stringify({ id: "u1", login: "\u001b[2Jada", state: "ON", "\u001b[31m": 1 });
  const { out } = await tryIt(["acme/users", "--with", "-"], { stdin, env: { NO_COLOR: "1" } });
  expect(out).not.toContain("\u001b");
});
