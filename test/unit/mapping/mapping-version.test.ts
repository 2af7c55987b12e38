import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadProject } from "../../../src/config/load-project";
import type { Job, Stream } from "../../../src/domain/job";
import { versionOf } from "../../../src/mapping/mapping-version";
import { makeTempDir } from "../../support/temp-dir";

const JOB = `
source: acme
baseUrl: https://acme.example
auth: { kind: none }
http: { headers: { Accept: application/json } }
entities:
  roles: { get: /roles, page: none, deletes: never }
  users:
    get: /users
    query: { expand: roles }
    one: /users/{key}
    records: items
    page: { offset: from, size: limit=10, total: total }
    deletes: [sweep, 'gone = "yes"']
`;
const USERS = `
into: users
key: id
skip: kind = "robot"
let:
  login: $lowercase($trim(profile.login))
  tag: '"x" & $login'
fields:
  username: { from: $login, required: true }
  status: { from: state, map: { on: active, off: locked, _: disabled } }
  display_name: [name, { join: [first, last], with: " " }]
  email: { from: mail, type: email, invalid: drop }
  roles: { from: roles.id, type: list }
attributes:
  tag: $tag
  rank: { from: rank, default: 1 }
tests:
  - it: works
    given: { id: 1 }
    rejects: true
`;

async function version(job: string = JOB, users: string = USERS) {
  const { path: home, remove } = await makeTempDir();
  await mkdir(join(home, "jobs"));
  await mkdir(join(home, "mappings/acme"), { recursive: true });
  await writeFile(join(home, "jobs/acme.yaml"), job);
  await writeFile(join(home, "mappings/acme/roles.yaml"), "into: roles\nkey: id\nfields:\n  name: name\n");
  await writeFile(join(home, "mappings/acme/users.yaml"), users);
  const { jobs, problems } = await loadProject({ home, env: {}, requireEnv: true });
  await remove();
  const loaded = jobs[0] as Job;
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return versionOf(loaded, loaded.streams.find(({ name }) => name === "users") as Stream);
}

/** [what, in which file, from, to] */
type Edit = readonly [string, "job" | "mapping", string, string];

const apply = ([, file, from, to]: Edit) => {
  const text = file === "job" ? JOB : USERS;
  expect(text).toContain(from);
  return file === "job" ? version(JOB.replace(from, to)) : version(JOB, USERS.replace(from, to));
};

test.each<Edit>([
  ["another path", "mapping", "from: mail", "from: email"],
  ["a literal", "mapping", '"robot"', '"machine"'],
  ["no skip", "mapping", 'skip: kind = "robot"\n', ""],
  ["a `let` in use", "mapping", "$trim(profile.login)", "profile.login"],
  ["a `let` used by a `let`", "mapping", '"x" & $login', '"y" & $login'],
  ["an entry of a map", "mapping", "off: locked", "off: disabled"],
  ["the fallback", "mapping", "_: disabled", "_: locked"],
  ["no fallback", "mapping", ", _: disabled", ""],
  [
    "the order of sources",
    "mapping",
    '[name, { join: [first, last], with: " " }]',
    '[{ join: [first, last], with: " " }, name]',
  ],
  ["the order of a join", "mapping", "[first, last]", "[last, first]"],
  ["a separator", "mapping", 'with: " "', 'with: ", "'],
  ["invalid", "mapping", "invalid: drop", "invalid: reject"],
  ["compare", "mapping", "type: email,", "type: email, compare: false,"],
  ["required", "mapping", "type: email,", "type: email, required: true,"],
  ["a default", "mapping", "default: 1", "default: 2"],
  ["a default of another type", "mapping", "default: 1", 'default: "1"'],
  ["a field less", "mapping", "  roles: { from: roles.id, type: list }\n", ""],
  ["a field as attribute", "mapping", "attributes:\n", "attributes:\n  email: mail\n"],
  ["nulls", "mapping", "into: users\n", "into: users\nnulls: keep\n"],
  ["deletes", "job", '"yes"', '"true"'],
  ["no deletes", "job", `[sweep, 'gone = "yes"']`, "sweep"],
  ["the path", "job", "get: /users", "get: /people"],
  ["the query", "job", "expand: roles", "expand: all"],
  ["the place of records", "job", "records: items", "records: people"],
  ["one", "job", "one: /users/{key}", "one: /user/{key}"],
  ["a header", "job", "application/json", "application/json;v=2"],
])("%s is an edit", async (...edit) => {
  const [before, after] = [await version(), await apply(edit)];
  expect(after.fingerprint).not.toBe(before.fingerprint);
  expect(after.key).toMatchObject({ fingerprint: before.key?.fingerprint });
});

test.each<Edit>([
  ["a comment", "mapping", "key: id", "key: id # theirs"],
  ["quotes", "mapping", "key: id", 'key: "id"'],
  ["a block of text", "mapping", "tag: $tag", "tag: >-\n    $tag"],
  [
    "blanks within an expression",
    "mapping",
    "$lowercase($trim(profile.login))",
    "$lowercase( $trim( profile . login ) )",
  ],
  ["a comment within an expression", "mapping", "from: roles.id", "from: roles /* all */ .id"],
  ["the long form", "mapping", "tag: $tag", "tag: { from: $tag }"],
  ["the order of fields", "mapping", "  rank: { from: rank, default: 1 }\n", ""],
  ["the order of a map", "mapping", "on: active, off: locked", "off: locked, on: active"],
  ["a test", "mapping", "it: works", "it: fails"],
  ["pii", "mapping", "type: email,", "type: email, pii: true,"],
  ["a `let` nobody uses", "mapping", "let:\n", "let:\n  spare: id\n"],
  ["a `let` used only through another", "mapping", "attributes:\n  tag: $tag", "attributes:\n  tag: '\"x\" & $login'"],
  ["the page size", "job", "limit=10", "limit=50"],
  ["a schedule", "job", "auth:", 'schedule: { cron: "0 2 * * *", timezone: UTC }\nauth:'],
  ["the host", "job", "acme.example", "intern.acme.example"],
  ["the rate", "job", "http: {", "http: { rate: 5/s,"],
  ["a safeguard", "job", "auth:", "safeguard: { rejects: 2% }\nauth:"],
  ["when absence counts", "job", "[sweep,", "[sweep-now,"],
])("%s is none", async (...edit) => {
  const moved = edit[0] === "the order of fields";
  const after = moved
    ? await version(JOB, USERS.replace(edit[2], "").replace("attributes:\n", `attributes:\n${edit[2]}`))
    : await apply(edit);
  const before = await version();
  expect([after.fingerprint, after.key?.fingerprint]).toEqual([before.fingerprint, before.key?.fingerprint]);
});

test("a renamed `let` means the same, also where a record has such a name", async () => {
  const renamed = USERS.replaceAll("$login", "$account").replace("  login:", "  account:");
  expect((await version(JOB, renamed)).fingerprint).toBe((await version()).fingerprint);
});

test("a `let` that an expression hides behind a name of its own is no blind spot", async () => {
  const of = (lets: string, from: string) =>
    version(JOB, USERS.replace("let:\n", `let:\n${lets}`).replace("tag: $tag", `tag: '${from}'`));
  const hidden = await of("  a: id\n  b: id\n", "($a := 1; $b)");
  const shown = await of("  a: id\n  b: id\n", "($a := 1; $a)");
  expect(hidden.fingerprint).not.toBe(shown.fingerprint);
});

describe("the key", () => {
  const keyOf = async (key: string, lets = "") =>
    (await version(JOB, USERS.replace("key: id", `key: ${key}`).replace("let:\n", `let:\n${lets}`))).key;

  test("has its own fingerprint, and leaves the mapping's alone", async () => {
    const moved = await version(JOB, USERS.replace("key: id", "key: uuid"));
    const before = await version();
    expect(moved.fingerprint).toBe(before.fingerprint);
    expect(moved.key?.fingerprint).not.toBe(before.key?.fingerprint);
  });

  test("comes with the `let` it uses, through others too", async () => {
    const lets = "  raw: ids.main\n  k: $trim($raw)\n  spare: id\n";
    expect(await keyOf("$k", lets)).toMatchObject({
      text: "$k",
      let: [
        { name: "raw", text: "ids.main" },
        { name: "k", text: "$trim($raw)" },
      ],
      keepNulls: false,
    });
  });

  test("means what its `let` means", async () => {
    expect((await keyOf("$k", "  k: id\n"))?.fingerprint).toBe((await keyOf("id"))?.fingerprint);
    expect((await keyOf("$k", "  k: uid\n"))?.fingerprint).not.toBe((await keyOf("$k", "  k: id\n"))?.fingerprint);
  });
});
