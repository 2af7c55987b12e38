import { loadLogin } from "../../../src/config/load-login";
import { type Files, told, withFolder } from "./project-folder";

const HEAD = "source: acme\nbaseUrl: https://acme.example\n";
const LOGIN = "login: { mode: mirror-only }\n";
const STREAMS = "entities:\n  users: { get: /users }\n";

const read = (job: string, files: Files = {}) =>
  withFolder({ "jobs/acme.yaml": job, ...files }, async (home) => {
    const found = await loadLogin({ home, env: {}, requireEnv: true }, "acme");
    return { mode: found?.job?.login?.mode ?? null, problems: (found?.problems ?? []).map(told) };
  });

const mayHaveLogin = (job: string | Uint8Array) =>
  withFolder(
    { "jobs/acme.yaml": job },
    async (home) => (await loadLogin({ home, env: {}, requireEnv: true }, "acme"))?.mayHaveLogin,
  );

test.each([
  ["a stream without what it needs", "entities: { users: {} }\n"],
  ["a bracket that is never closed", "entities: { users: [\n"],
  ["a quote that is never closed", "defaults:\n  query: { a: 'b }\nentities: {}\n"],
  ["a tab", "entities:\n\tusers: {}\n"],
  ["lines of another form", "entities:\nusers/\n- roles\n}\n"],
  ["an alias without its anchor", "entities: *nothing\nschedule: &it daily\n"],
  ["a variable that is not set", `notify: [{ webhook: "\${NOWHERE}" }]\n${STREAMS}`],
  ["a document that is not there", `openapi: ../none.yaml\n${STREAMS}`],
  ["a word that is there twice", "entities: { users: {} }\nentities:\n  users: {}\n"],
  ["lines that end as on Windows", "entities: [\r\n  users:\r\n"],
])("what runs read keeps nobody out: %s", async (_, mistake) => {
  // Before and behind, for a mistake may swallow what follows it.
  for (const text of [HEAD + mistake + LOGIN, LOGIN + mistake + HEAD])
    expect(await read(text)).toEqual({ mode: "mirror-only", problems: [] });
});

test.each([
  ["in `login`", `${HEAD}login: { mod: mirror-only }\n${STREAMS}`, "3:10 «mod» CFG003 unknown key `mod` in `login`"],
  [
    "in `http`",
    `${HEAD}${LOGIN}http: { allowPrivate: maybe }\n${STREAMS}`,
    "4:23 «maybe» CFG005 `allowPrivate` must be",
  ],
  [
    "in a secret",
    `${HEAD}${LOGIN}auth: { kind: bearer, token: "\${NOWHERE}" }\n`,
    `4:31 «\${NOWHERE}» CFG008 the variable`,
  ],
  ["in a word of the file", `${HEAD}${LOGIN}entites: {}\n`, "4:1 «entites» CFG003 unknown key `entites`"],
  ["by a word that is there twice", `${HEAD}${LOGIN}${LOGIN}${STREAMS}`, "4:1 «login» CFG002"],
  ["in the name", `source: beta\nbaseUrl: https://acme.example\n${LOGIN}`, "1:9 «beta» CFG010 `source` is `beta`"],
  ["in where the system is", `source: acme\n${LOGIN}${STREAMS}`, "1:1 «source» CFG004 `baseUrl` is missing"],
])("what logins take is believed only without a mistake %s", async (_, job, problem) => {
  const { mode, problems } = await read(job);
  expect(mode).toBeNull();
  expect(problems[0]).toContain(`jobs/acme.yaml:${problem}`);
});

test("that nobody signs in is believed of a whole file only", async () => {
  expect(await read(HEAD + STREAMS)).toEqual({ mode: null, problems: [] });
  for (const text of [
    `${HEAD}entities:\n  users: { get: /users }\n  ${LOGIN}`,
    `${HEAD}entities:\n  users: { get: [\n${LOGIN.replace("login", " login")}`,
  ])
    expect((await read(text)).problems).not.toEqual([]);
});

test.each([
  ["in quotes", `"login": { mode: live-only }\n`, "5:1"],
  ["before a space and a colon", "login : { mode: live-only }\n", "5:1"],
  ["without a space behind its colon", "login:{ mode: live-only }\n", "5:1"],
  ["as a complex key", "? login\n: { mode: live-only }\n", "5:3"],
  ["in a second document", "---\nlogin: { mode: live-only }\n", "5:1"],
])("a word of the file that is written otherwise does not pass for what runs read: %s", async (_, otherwise, at) => {
  const { mode, problems } = await read(`${HEAD}${LOGIN}entities: [\n${otherwise}`);
  expect(mode).toBeNull();
  expect(problems[0]).toContain(`jobs/acme.yaml:${at} `);
});

test("of two versions that were merged without a decision none is believed", async () => {
  const conflict = `<<<<<<< HEAD\nentities: {}\n=======\n${LOGIN}entities: {}\n>>>>>>> other\n`;
  for (const before of ["", "schedule: {}\n"]) {
    const { mode, problems } = await read(HEAD + before + conflict);
    expect(mode).toBeNull();
    expect(problems[0]).toContain("CFG002");
  }
});

test.each([
  ["among the streams", "entities:\n  users: { get: /users }\n  offline: 0h\n", "6:12 «0h»"],
  ["in a stream", "entities:\n  users:\n    get: /users\n    mode: live-only\n", "7:5 «mode»"],
  ["in what is no YAML", "safeguard:\n  freshness: 1h\nentities: [\n", "6:11 «[»"],
])("a word that makes logins stricter is not lost %s", async (_, streams, at) => {
  const { mode, problems } = await read(HEAD + LOGIN + streams);
  expect(mode).toBeNull();
  expect(problems[0]).toContain(`jobs/acme.yaml:${at} `);
});

test("such a word that is a stream's or a parameter's is no mistake", async () => {
  const streams =
    "entities:\n  offline: { get: /offline, query: { x: y } }\n  users:\n    get: /users\n    query:\n      mode: live-only\n";
  expect(await read(HEAD + LOGIN + streams)).toEqual({ mode: "mirror-only", problems: [] });
});

test("an alias that leads to what runs read is not taken for an earlier one of its name", async () => {
  const login = LOGIN.replace("mirror-only", "*it");
  const { mode, problems } = await read(
    `${HEAD}openapi: &it mirror-only\ndefaults: { query: { as: &it live-only } }\n${login}entities: [\n`,
  );
  expect(mode).toBeNull();
  expect(problems).not.toEqual([]);
});

test("what is written once for runs and logins counts for both", async () => {
  const mode = LOGIN.replace("mirror-only", "*both");
  for (const streams of [STREAMS, "entities: { users: {} }\n"])
    expect(await read(`${HEAD}defaults: { query: { as: &both mirror-only } }\n${mode}${streams}`)).toEqual({
      mode: "mirror-only",
      problems: [],
    });
});

test.each([
  ["a stream with a mistake", "entities:\n  users: { get: /users, page: nonesuch }\n"],
  ["no YAML", "entities: [\n"],
  ["a path of that name", "entities: { users: { get: /login, page: [logins] }\n"],
  ["a remark", "# login: { mode: live-only }\nentities: [\n"],
])("a file without the word says nothing of logins, whatever is wrong there: %s", async (_, mistake) => {
  expect(await mayHaveLogin(HEAD + mistake)).toBe(false);
});

test.each([
  ["as it is", LOGIN],
  ["below another word", `entities:\n  users: { get: /users }\n  ${LOGIN}`],
  ["in a map on one line", "entities: { users: {}, login: {} }\n"],
  ["in quotes", `"login": {}\n`],
  ["as a complex key", "? login\n: {}\n"],
  ["in another spelling", "lgoin: { mode: live-only }\n"],
  ["in capitals", "Login: { mode: live-only }\n"],
  ["without its colon", "login\n  mode: live-only\n"],
  ["not to be told from others", Uint8Array.of(0xff)],
])("a file that may have the word may say something of logins: %s", async (_, text) => {
  expect(await mayHaveLogin(typeof text === "string" ? HEAD + text : text)).toBe(true);
});

test("a source without a job file is none", async () => {
  expect(await withFolder({}, (home) => loadLogin({ home, env: {}, requireEnv: true }, "acme"))).toBeNull();
});
