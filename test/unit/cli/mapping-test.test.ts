import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { realCommand, startCommand } from "../../support/real-command";
import { type Files, withFolder } from "../config/project-folder";

const JOB = `
source: acme
baseUrl: https://acme.example
auth: { kind: bearer, token: "\${ACME_TOKEN}" }
entities:
  users: { get: /users, page: none, deletes: [never, "gone"] }
  roles: { get: /roles, page: none, deletes: never }
`;
const USERS = `
into: users
key: id
fields:
  username: { from: [login, mail] }
  status: { from: state, map: { ON: active, _: disabled } }
tests:
  - it: takes the login
    given: { id: 1, login: ada, state: ON }
    expect: { username: ada, status: active }
  - it: leaves out who is gone
    given: { id: 2, gone: true }
    skips: true
`;
const ROLES = "into: roles\nkey: id\nfields:\n  name: name\n";
const FAILING = USERS.replace("username: ada,", "username: Ada,");
const FILES: Files = { "jobs/acme.yaml": JOB, "mappings/acme/users.yaml": USERS, "mappings/acme/roles.yaml": ROLES };

const run = (files: Files, argv: readonly string[]) =>
  withFolder(files, (home) => realCommand(home, ["mapping", "test", ...argv]));

test("tests that hold: what they leave out is a hint, and the exit code is 0", async () => {
  const { exitCode, out, err } = await run(FILES, []);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  expect(out).toMatchInlineSnapshot(`
"mappings/acme/users.yaml  2 tests, all passed
  not reached by the tests:
    username  5:29  \`mail\` is never asked: one before it is always there
    status    6:3   no test meets \`_\` of its \`map\`

without tests: mappings/acme/roles.yaml

2 tests of 1 mapping: all passed
"
`);
});

test("a failing test: its place, the difference, and how the value came about", async () => {
  const { exitCode, out } = await run({ ...FILES, "mappings/acme/users.yaml": FAILING }, ["acme/users"]);
  expect(exitCode).toBe(3);
  expect(out).toMatchInlineSnapshot(`
"mappings/acme/users.yaml  2 tests, 1 failed
  failed  takes the login  mappings/acme/users.yaml:8:5
    username
      expected  "Ada"
      actual    "ada"
      login  gave "ada"  (mappings/acme/users.yaml:5:22)
        read login = "ada"
      mail  not asked: one before it is there  (mappings/acme/users.yaml:5:29)
  not reached by the tests:
    username  5:29  \`mail\` is never asked: one before it is always there
    status    6:3   no test meets \`_\` of its \`map\`

2 tests of 1 mapping: 1 failed
"
`);
});

test("of long lists and objects it tells what differs", async () => {
  const users = `${USERS.replace("tests:", "  roles: roles\nattributes:\n  more: more\ntests:")}  - it: has its roles
    given: { id: 3, login: eva, state: ON, roles: [a, b, x], more: { deep: { in: it } } }
    expect: { roles: [a, b, c], attributes: { more: { deep: { in: that } } } }
`;
  const { out } = await run({ ...FILES, "mappings/acme/users.yaml": users }, ["acme/users"]);
  for (const line of [
    'missing   ["c"]',
    'too many  ["x"]',
    "attributes.more.deep.in",
    'expected  "that"',
    'actual    "it"',
  ])
    expect(out).toContain(line);
});

test.each([
  ["acme"],
  ["acme/users"],
  ["mappings/acme/users.yaml"],
  ["./mappings/acme/users.yaml"],
  ["/x/mappings/acme/users.yaml"],
])("%s names the mapping", async (target) => {
  const { exitCode, out } = await run({ ...FILES, "mappings/acme/users.yaml": FAILING }, [target, "-o", "json"]);
  expect(exitCode).toBe(3);
  expect(JSON.parse(out)).toMatchObject({ passed: 1, failed: 1 });
});

test("a mapping named twice is tested once", async () => {
  const { out } = await run(FILES, ["acme/users", "acme/users", "acme", "-o", "json"]);
  expect(JSON.parse(out)).toMatchObject({ passed: 2, files: [{ entity: "users" }, { entity: "roles" }] });
});

test("jsonl: one test a line, with its file", async () => {
  const { out } = await run({ ...FILES, "mappings/acme/users.yaml": FAILING }, ["-o", "jsonl"]);
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ file, it, passed }) => [file, it, passed])).toEqual([
    ["mappings/acme/users.yaml", "takes the login", false],
    ["mappings/acme/users.yaml", "leaves out who is gone", true],
  ]);
});

test.each([
  [["acne"], 2, "error[USE002]: there is no source `acne`", "did you mean `acme`?"],
  [["acme/user"], 2, "error[USE003]: `acme` has no entity `user`", "did you mean `users`?"],
  [["users.yaml"], 2, "error[USE001]: `users.yaml` is no mapping", "SOURCE/ENTITY"],
  [["a/b/c"], 2, "error[USE001]: `a/b/c` is no mapping", "SOURCE/ENTITY"],
  [[""], 2, "error[USE001]: `` is no mapping", "SOURCE/ENTITY"],
  [["-o", "csv"], 2, "error[USE001]: `mapping test` has no table", "-o json"],
])("%j: exit %i, with help", async (argv, code, message, help) => {
  const { exitCode, out, err } = await run(FILES, argv);
  expect({ exitCode, out }).toEqual({ exitCode: code, out: "" });
  expect(err).toContain(message);
  expect(err).toContain(help);
});

test("files are checked first", async () => {
  const broken = USERS.replace("from: state", "from: $lowercas(state)");
  const { exitCode, out, err } = await run({ ...FILES, "mappings/acme/users.yaml": broken }, []);
  expect({ exitCode, out }).toEqual({ exitCode: 3, out: "" });
  expect(err).toContain("MAP041");
  expect(err).toContain("mappings/acme/users.yaml:6:");
});

test("mistakes in another source's files are not this one's business", async () => {
  const files = { ...FILES, "jobs/other.yaml": "source: [" };
  expect((await run(files, ["acme"])).exitCode).toBe(0);
  expect((await run(files, [])).exitCode).toBe(3);
});

test.each<[string, Files, string]>([
  ["without files", {}, "there are no sources yet"],
  [
    "without tests",
    { ...FILES, "mappings/acme/users.yaml": USERS.slice(0, USERS.indexOf("tests:")) },
    "there are no tests yet",
  ],
])("%s it says so, with exit code 0", async (_, files, words) => {
  const { exitCode, out } = await run(files, []);
  expect(exitCode).toBe(0);
  expect(out).toContain(words);
});

test("what the mirror could not index is a reject here as in a run", async () => {
  const long = USERS.replace("login: ada, state: ON", `login: ${"a".repeat(600)}, state: ON`);
  const { exitCode, out } = await run({ ...FILES, "mappings/acme/users.yaml": long }, []);
  expect(exitCode).toBe(3);
  expect(out).toContain("rejected for `username`: `username` is longer than 512 bytes");
});

describe("--watch", () => {
  test("runs them again when a file is saved or renamed into place, waits out mistakes, and ends on Ctrl-C", async () => {
    await withFolder(FILES, async (home) => {
      const file = join(home, "mappings/acme/users.yaml");
      const watching = startCommand(home, ["mapping", "test", "acme/users", "--watch"]);
      expect(await watching.saying("2 tests of 1 mapping: all passed")).not.toContain("\u001b");

      await writeFile(`${file}.tmp`, FAILING);
      await rename(`${file}.tmp`, file);
      await watching.saying("2 tests of 1 mapping: 1 failed");

      await rm(file);
      await writeFile(file, USERS);
      await watching.saying("2 tests of 1 mapping: all passed");

      watching.signals.emit("SIGINT");
      const { exitCode, err } = await watching.ended;
      expect(exitCode).toBe(130);
      expect(err).toContain("waiting for changes");
    });
  });

  test("a file with mistakes is told and waited out", async () => {
    await withFolder({ ...FILES, "mappings/acme/users.yaml": "into: userz\n" }, async (home) => {
      const watching = startCommand(home, ["mapping", "test", "--watch"]);
      await writeFile(join(home, "mappings/acme/users.yaml"), USERS);
      await watching.saying("all passed");
      watching.signals.emit("SIGTERM");
      expect((await watching.ended).exitCode).toBe(143);
    });
  });

  test("a new source is seen; a terminal is cleared", async () => {
    await withFolder({}, async (home) => {
      const watching = startCommand(home, ["mapping", "test", "--watch"], { columns: 80 });
      expect(await watching.saying("there are no sources yet")).toContain("\u001b[2J");
      for (const [name, text] of Object.entries(FILES)) {
        await mkdir(join(home, name, ".."), { recursive: true });
        await writeFile(join(home, name), text);
      }
      await watching.saying("all passed");
      watching.signals.emit("SIGINT");
      await watching.ended;
    });
  });

  test("a name mistyped at the start ends it", async () => {
    expect((await run(FILES, ["acne", "--watch"])).exitCode).toBe(2);
  });
});
