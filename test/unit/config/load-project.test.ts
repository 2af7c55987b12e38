// biome-ignore-all lint/suspicious/noTemplateCurlyInString: `${NAME}` is how job files name a variable.
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { loadProject } from "../../../src/config/load-project";
import { InvalidFiles } from "../../../src/domain/errors";
import { type Files, load, makePipes, ROLES, told, USER_ROLES, USERS, withFolder } from "./project-folder";

const ACME = `
source: acme
baseUrl: \${ACME_URL}/v1
auth: { kind: oauth2, grant: client-credentials, tokenUrl: "\${ACME_URL}/token",
        clientId: "\${ACME_CLIENT_ID}", clientSecret: "\${file:secret.txt}", scope: [a, b] }
schedule: { cron: "15 2 * * *", timezone: Europe/Berlin, jitter: 5m, missed: once, grace: 12h, overlap: skip }
http: { rate: 500/min, concurrency: 4, timeout: 30s, allowPrivate: false, headers: { Accept-Language: en },
        retry: { on: [429, 5xx, network], backoff: 1s..2m, budget: 15m } }
safeguard: { removals: 5%, changes: 40%, shrink: 10%, rejects: 1%, empty: hold }
defaults: { page: { offset: skip, size: top=100 }, records: data.items, query: { active: true, tenant: "\${ACME_CLIENT_ID}" } }
entities:
  roles: { get: /roles, page: link-header, deletes: sweep-now }
  users:
    get: /users
    one: { get: "/users/{key}", query: { view: full }, records: user }
    page: { cursor: header:X-Next, as: after, size: limit=200, total: meta.total }
    records: value
    query: { active: "no" }
    deletes: [sweep, 'status = "DEPROVISIONED"']
  role_members: { each: roles, get: "/roles/{parent.id}/members", deletes: sweep-within-parent }
`;

const USERS_LONG = `
into: users
key: id
skip: status = "STAGED"
let: { login: $lowercase($trim(profile.login)) }
nulls: keep
fields:
  username:     { from: $login, required: true }
  email:        { from: $lowercase(profile.email), type: email, pii: true, invalid: drop }
  display_name: [profile.displayName, { join: [profile.firstName, profile.lastName], with: ", " }, $login]
  given_name: >-
    profile.firstName
    & 'x'
  status:       { from: 'status', map: { ACTIVE: active, 7: locked, _: disabled } }
  roles:        { from: roles.id, type: list, compare: false }
attributes:
  department:   { from: profile.department, default: none }
tests:
  - it: rejects a user without a login
    given: { id: u2 }
    rejects: username
`;

const GOOD: Files = {
  "jobs/acme.yaml": ACME.trimStart(),
  "mappings/acme/users.yaml": USERS_LONG.trimStart(),
  "mappings/acme/roles.yaml": ROLES,
  "mappings/acme/role_members.yaml": USER_ROLES,
  "secret.txt": "hunter2\n",
};
const ENV = { ACME_URL: "https://api.acme.example", ACME_CLIENT_ID: "us" };

describe("a project without mistakes", () => {
  test("fills in defaults and variables, and reads quantities", async () => {
    const { jobs, problems, files } = await load(GOOD, { env: ENV });
    expect(problems.map(told)).toEqual([]);
    expect(files).toEqual([
      "jobs/acme.yaml",
      ...["role_members", "roles", "users"].map((name) => `mappings/acme/${name}.yaml`),
    ]);
    const [job] = jobs;
    expect(job).toMatchObject({
      source: "acme",
      file: "jobs/acme.yaml",
      baseUrl: "https://api.acme.example/v1",
      auth: { kind: "oauth2", tokenUrl: "https://api.acme.example/token", clientId: "us", scope: "a b", send: "basic" },
      schedule: { cron: "15 2 * * *", timezone: "Europe/Berlin", jitter: 300_000, grace: 43_200_000 },
      http: {
        rate: { requests: 500, per: 60_000 },
        timeout: 30_000,
        headers: { "Accept-Language": "en" },
        retry: {
          statuses: [429],
          serverErrors: true,
          network: true,
          backoff: { from: 1000, to: 120_000 },
          budget: 900_000,
        },
      },
      safeguard: { removals: 0.05, changes: 0.4, shrink: 0.1, rejects: 0.01, empty: "hold" },
      keepRaw: null,
      login: null,
    });
    const { mapping: _, ...users } = job!.streams[1]!;
    expect(users).toEqual({
      name: "users",
      into: "users",
      each: null,
      ignore: [],
      increments: null,
      request: { path: "/users", query: { active: "no", tenant: "us" } },
      one: { path: "/users/{key}", query: { view: "full" }, records: ["user"] },
      page: {
        kind: "cursor",
        at: { in: "header", name: "x-next" },
        as: "after",
        size: { name: "limit", count: 200 },
        total: { in: "body", path: ["meta", "total"] },
      },
      records: ["value"],
      shape: null,
      parentShape: null,
      deletes: {
        absence: "sweep",
        expression: { text: 'status = "DEPROVISIONED"', at: { file: "jobs/acme.yaml", line: 18, column: 23 } },
      },
    });
    expect(job!.streams[2]).toMatchObject({
      each: "roles",
      into: "user_roles",
      request: { path: "/roles/{parent.id}/members", query: { active: "true", tenant: "us" } },
      page: { kind: "offset", as: "skip", from: 0, size: { name: "top", count: 100 }, total: null },
      records: ["data", "items"],
    });
  });

  test("writes out the short forms of a mapping, with the place of every expression", async () => {
    const { jobs } = await load(GOOD, { env: ENV });
    const { mapping } = jobs[0]!.streams[1]!;
    const field = (name: string) => mapping.fields.find((rule) => rule.name === name)!;
    const expression = (text: string, line: number, column: number) => ({
      text,
      at: { file: "mappings/acme/users.yaml", line, column },
    });
    expect(mapping).toMatchObject({
      into: "users",
      key: expression("id", 2, 6),
      skip: expression('status = "STAGED"', 3, 7),
      let: [{ name: "login", expression: expression("$lowercase($trim(profile.login))", 4, 15) }],
      keepNulls: true,
      tests: [{ it: "rejects a user without a login", given: { id: "u2" }, rejects: "username" }],
    });
    expect(field("email")).toEqual({
      name: "email",
      at: { file: "mappings/acme/users.yaml", line: 8, column: 3 },
      from: [{ kind: "expression", expression: expression("$lowercase(profile.email)", 8, 25) }],
      type: "email",
      required: false,
      map: null,
      default: undefined,
      pii: true,
      invalid: "drop",
      compare: true,
    });
    expect(field("display_name").from).toEqual([
      { kind: "expression", expression: expression("profile.displayName", 9, 18) },
      {
        kind: "join",
        parts: [expression("profile.firstName", 9, 48), expression("profile.lastName", 9, 67)],
        with: ", ",
      },
      { kind: "expression", expression: expression("$login", 9, 100) },
    ]);
    expect(field("given_name").from[0]).toEqual({
      kind: "expression",
      expression: expression("profile.firstName & 'x'", 11, 5),
    });
    expect(field("status")).toMatchObject({
      from: [{ expression: expression("status", 13, 26) }],
      required: true,
      values: ["active", "locked", "disabled"],
      map: { entries: { ACTIVE: "active", 7: "locked" }, fallback: "disabled" },
    });
    expect(field("roles")).toMatchObject({ type: "list", compare: false });
    expect(mapping.attributes[0]).toMatchObject({ name: "department", type: "any", default: "none" });
  });

  test("turns a mistake inside an expression into one in its file, also behind folded lines", async () => {
    const { locate } = await load(GOOD, { env: ENV });
    const finding = { code: "MAP040", severity: "error", message: "odd", length: 3, hint: null } as const;
    const file = "mappings/acme/users.yaml";
    expect(told(locate({ ...finding, at: { file, line: 11, column: 5 }, offset: 20 }))).toBe(
      `${file}:12:7 «'x'» MAP040 odd`,
    );
    expect(told(locate({ ...finding, at: { file, line: 3, column: 7 }, offset: 9 }))).toBe(
      `${file}:3:16 «"ST» MAP040 odd`,
    );
  });

  test("is frozen, and its secrets never print", async () => {
    const { jobs } = await load(GOOD, { env: ENV });
    const job = jobs[0]!;
    expect(Object.isFrozen(job.streams[0]!.mapping.fields[0]!.from)).toBe(true);
    expect(job.auth.kind === "oauth2" && job.auth.clientSecret.reveal()).toBe("hunter2");
    expect(`${JSON.stringify(job)}${inspect(job, { depth: 9 })}`).not.toContain("hunter2");
  });

  test("keeps variables that are not set as they are when nobody needs them", async () => {
    const { jobs, problems } = await load(GOOD, { requireEnv: false });
    expect(problems.map(told)[0]).toBe(
      "jobs/acme.yaml:2:10 «${ACME_URL}» warning CFG008 the variable `ACME_URL` is not set → set it in the environment or in `.env`",
    );
    expect(jobs[0]?.baseUrl).toBe("${ACME_URL}/v1");
  });
});

describe("mistakes in several files", () => {
  const BROKEN: Files = {
    ...GOOD,
    "jobs/other.yml": "source: other",
    "jobs/zeta.yaml":
      "source: acme\nbaseUrl: https://z.example\nentities: { users: { get: /u, page: none, deletes: never }, orgs: { get: /o, page: none, deletes: never } }",
    "mappings/zeta/users.yaml": USERS,
    "mappings/zeta/rolls.yaml": "into: roles\nkey: id\nfields: { nmae: x }",
    "mappings/acmee/users.yaml": USERS,
    "mappings/zeta/latin.yaml": new Uint8Array([0x61, 0x3a, 0x20, 0xe9]),
  };

  test("are all told at once, in the order of files", async () => {
    const { jobs, problems } = await load(BROKEN, { env: ENV });
    expect(problems.map(told)).toEqual([
      "jobs/other.yml:1:1 «» CFG010 this file is not read: its name must end in `.yaml` → rename it to `other.yaml`",
      "jobs/zeta.yaml:1:9 «acme» CFG010 `acme` is already the source of `jobs/acme.yaml`",
      "jobs/zeta.yaml:3:61 «orgs» MAP015 `orgs` has no mapping: `mappings/zeta/orgs.yaml` does not exist → write it, or remove the entity",
      "mappings/acmee/users.yaml:1:1 «» MAP015 these mappings belong to no source: `jobs/acmee.yaml` does not exist → did you mean `acme`?",
      "mappings/zeta/latin.yaml:1:4 «» MAP010 the file cannot be read: it is not UTF-8 text → save it as UTF-8",
      "mappings/zeta/rolls.yaml:1:1 «into» MAP015 nothing uses this mapping: `rolls` is not an entity of `jobs/zeta.yaml` → known: `users` and `orgs`",
      "mappings/zeta/rolls.yaml:3:11 «nmae» MAP012 `nmae` is not a field of `roles` → did you mean `name`?",
    ]);
    expect(jobs.map((job) => job.source)).toEqual(["acme"]);
  });

  test("of one slip in the name of an entity are one", async () => {
    const job = String(GOOD["jobs/acme.yaml"]).replace("users:", "user:");
    const { problems } = await load({ ...GOOD, "jobs/acme.yaml": job }, { env: ENV });
    expect(problems.map(told)).toEqual([
      expect.stringMatching(/MAP015 `user` has no mapping: .* does not exist → did you mean `users`, which has one\?$/),
    ]);
  });

  test("of records that nothing reads are warnings where their keys are held", async () => {
    const jobs = (entities: string) => `source: acme\nbaseUrl: https://a.example\nentities: { ${entities} }`;
    const list = "{ get: /x, page: none, deletes: never }";
    const files = {
      "jobs/acme.yaml": jobs(`users: ${list}, orgs: ${list}, given: ${list}`),
      "mappings/acme/users.yaml": `${USERS}  roles: { from: roles, type: list }\n  orgs: { from: orgs, type: list }\n`,
      "mappings/acme/orgs.yaml": "into: orgs\nkey: id\nfields: { name: title, parent: above }",
      "mappings/acme/given.yaml": "into: user_roles\nfields: { user: who, role: what }",
    };
    const { problems, jobs: good } = await load(files);
    expect(problems.map(told)).toEqual([
      "mappings/acme/given.yaml:2:22 «role» warning MAP065 `role` holds keys of roles, and no entity of the job gives roles: these links stay without effect → read them too: an entity with a mapping `into: roles`",
      expect.stringContaining("mappings/acme/users.yaml:6:3 «roles» warning MAP065 "),
    ]);
    expect(good).toHaveLength(1);
    const all = {
      ...files,
      "jobs/acme.yaml": jobs(`users: ${list}, orgs: ${list}, given: ${list}, roles: ${list}`),
      "mappings/acme/roles.yaml": ROLES,
    };
    expect((await load(all)).problems).toEqual([]);
  });

  test("of secrets tell why there is none", async () => {
    const secret = async (content: string | Uint8Array) =>
      (await load({ ...GOOD, "secret.txt": content }, { env: ENV })).problems.map(({ message, hint }) => [
        message,
        hint,
      ]);
    expect(await secret("\n")).toEqual([["the secret file `secret.txt` is empty", null]]);
    expect(await secret("x".repeat(70_000))).toEqual([
      [
        "the secret file `secret.txt` cannot be read: it holds more than 64 KiB",
        "see whether it is the file that is meant",
      ],
    ]);
    expect(await secret(new Uint8Array([0xe9]))).toEqual([
      ["the secret file `secret.txt` cannot be read: it is not UTF-8 text", "save it as UTF-8"],
    ]);
  });

  test("that are pipes and links to nowhere are told, and nobody waits for them", async () => {
    await withFolder(GOOD, async (home) => {
      await rm(join(home, "jobs/acme.yaml"));
      await rm(join(home, "secret.txt"));
      makePipes(join(home, "jobs/acme.yaml"), join(home, "secret.txt"));
      await writeFile(join(home, "jobs/zeta.yaml"), ACME.replace("acme", "zeta"));
      await mkdir(join(home, "mappings/zeta"));
      for (const name of ["users", "roles", "role_members"])
        await symlink("nowhere.yaml", join(home, `mappings/zeta/${name}.yaml`));
      const { problems } = await loadProject({ home, env: ENV, requireEnv: true });
      expect(problems.map(told)).toEqual([
        "jobs/acme.yaml:1:1 «» CFG002 the file cannot be read: it is a pipe → put an ordinary file there",
        "jobs/zeta.yaml:5:55 «${file:secret.txt}» CFG008 the secret file `secret.txt` cannot be read: it is a pipe → put an ordinary file there",
        ...["role_members", "roles", "users"].map(
          (name) =>
            `mappings/zeta/${name}.yaml:1:1 «» MAP010 the file cannot be read: it is a link that leads nowhere → correct the link, or remove it`,
        ),
      ]);
    });
  });

  test("of one source do not keep another from running", async () => {
    await withFolder(BROKEN, async (home) => {
      const acme = await loadProject({ home, env: ENV, requireEnv: true, only: "acme" });
      expect([acme.jobs.map(({ source }) => source), acme.problems]).toEqual([["acme"], []]);
      const zeta = await loadProject({ home, env: ENV, requireEnv: true, only: "zeta" });
      expect([zeta.jobs, zeta.problems.length]).toEqual([[], 5]);
      expect(new InvalidFiles(zeta.problems)).toMatchObject({ exitCode: 3, message: "5 mistakes in the files" });
    });
  });

  test("a folder without files has no sources", async () => {
    expect(await load({})).toMatchObject({ jobs: [], files: [], problems: [] });
  });
});

test("how only what changed is asked for is read, with when everything is", async () => {
  const withWords = (words: string) => ACME.replace("    records: value\n", words).trimStart();
  const read = async (words: string) => {
    const { jobs, problems } = await load({ ...GOOD, "jobs/acme.yaml": withWords(words) }, { env: ENV });
    expect(problems.map(told)).toEqual([]);
    return jobs[0]?.streams.find(({ increments }) => increments !== null)?.increments;
  };
  const since = '    since: { field: updatedAt, query: { updated_since: "{since}" }, format: seconds }\n';
  const asked = { kind: "since", field: ["updatedAt"], query: { updated_since: "{since}" }, format: "seconds" };
  const timezone = "Europe/Berlin";
  expect(await read(`${since}    full: Sun\n`)).toEqual({ ...asked, overlap: 600_000, full: { on: [0], timezone } });
  expect(await read(`${since}    full: [wednesday, Sun]\n`)).toMatchObject({ full: { on: [3, 0] } });
  expect(await read(`${since}    full: Wed, Sun\n`)).toMatchObject({ full: { on: [3, 0] } });
  expect(await read(`${since}    full: daily\n`)).toMatchObject({ full: { on: [0, 1, 2, 3, 4, 5, 6] } });
  expect(await read(`${since}    full: 7d\n`)).toMatchObject({ full: { after: 604_800_000 } });
  expect(await read('    delta: { link: "`@odata.deltaLink`", removed: "@removed" }\n')).toEqual({
    kind: "delta",
    link: ["@odata.deltaLink"],
    as: null,
    removed: ["@removed"],
    removedAt: { file: "jobs/acme.yaml", line: expect.any(Number), column: expect.any(Number) },
    expired: [410],
    full: null,
  });
  expect(
    await read("    delta: { link: sync.token, as: syncToken, expired: [400, 410], removed: gone }\n"),
  ).toMatchObject({
    link: ["sync", "token"],
    as: "syncToken",
    expired: [400, 410],
  });
});
