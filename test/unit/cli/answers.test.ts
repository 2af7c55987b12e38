import type { AccessChange, PersonAnswer, PlanAnswer } from "../../../src/domain/answers";
import type { App } from "../../../src/domain/app";
import type { Change } from "../../../src/domain/changes";
import { command, hold, report, users } from "./command";
import { status, summary } from "./summaries";

const change = (parts: Partial<Change>): Change => ({
  entity: "users",
  key: "8812",
  related: null,
  scope: null,
  origin: null,
  kind: "update",
  old: null,
  new: null,
  cause: "upstream",
  held: false,
  ...parts,
});

describe("plan", () => {
  const access = (parts: Partial<AccessChange>): AccessChange => ({
    source: "acme",
    subject: "user",
    user: "8812",
    name: "Nova Brandt",
    effect: "gains",
    what: "sign-in",
    target: "acme",
    targetName: null,
    scope: null,
    holders: null,
    held: false,
    ...parts,
  });
  const changes = [
    change({ kind: "create", new: { username: "nova" } }),
    change({ key: "12", old: { title: "A", phone: null }, new: { title: "B", phone: "1" } }),
    change({ key: "33", kind: "tombstone", cause: "absent", held: true }),
    change({ entity: "user_roles", kind: "grant", related: "clerk", scope: "org-20", origin: "users.roles" }),
  ];
  const answer: PlanAnswer = {
    report: report({ plan: "p_7f3a", entities: { users: users({ rejected: 0, new: 0, changed: 0, gone: 0 }) } }),
    access: [
      access({}),
      access({ what: "role", target: "clerk", targetName: "Depot clerk", scope: "org-20" }),
      access({ user: "33", name: "33", effect: "loses", held: true }),
      access({
        subject: "role",
        user: "clerk",
        name: "Depot clerk",
        holders: 12,
        what: "permission",
        target: "depot.read",
      }),
    ],
    accessTotal: 4,
    changes,
    changesTotal: 41,
    expiresAt: "2026-11-23T13:59:08.800Z",
  };

  test("who gains or loses access first, then records, then the command that does it", async () => {
    const { out, exitCode } = await command(["plan", "acme"], { plan: async () => answer });
    expect(exitCode).toBe(0);
    expect(out).toMatchInlineSnapshot(`
"access: 4 changes
  Nova Brandt (8812)
    + gains sign-in
    + gains role Depot clerk (clerk) in org-20
  33
    - loses sign-in (held)
  everybody with role Depot clerk (clerk), 12 people
    + gains permission depot.read

records and links: 41 changes
  create     users 8812
  update     users 12
               title: "A" -> "B"
               phone: (none) -> "1"
  tombstone  users 33 (absent) (held)
  grant      user_roles 8812 -> clerk in org-20 by users.roles
  … and 37 more: understudy plan acme --full

run 4183  acme  finished in 6.8 s
  fetched 1,231  =  same 1,219
  mirror  1,229  =  1,231

nothing was changed; to do exactly this, until 2026-11-23 13:59:08 UTC:
  understudy sync acme --plan p_7f3a
"
`);
  });

  test("--short tells how much, --full everything that is listed", async () => {
    const short = await command(["plan", "acme", "--short"], { plan: async () => answer });
    expect(short.out).toMatch(/^access: \d+ changes\n\nrecords and links: 41 changes\n\nrun 4183 /);
    expect(short.out).toContain("understudy sync acme --plan p_7f3a\n");
    expect(short.out).not.toContain("8812");
    const asked: unknown[] = [];
    const changes = Array.from({ length: 50 }, (_, i) => change({ key: `k${i}` }));
    const plan = async (request: unknown) => {
      asked.push(request);
      return { ...answer, changes, changesTotal: 50 };
    };
    const full = await command(["plan", "acme", "--full"], { plan });
    expect(full.out).toContain("users k49");
    expect(full.out).not.toContain("more:");
    expect((await command(["plan", "acme"], { plan })).out).toContain("… and 30 more: understudy plan acme --full");
    expect(asked).toMatchObject([{ full: true }, { full: false }]);
    expect((await command(["plan", "acme", "--full", "--short"], { plan })).exitCode).toBe(2);
  });

  test("--exit-code tells changes from none", async () => {
    const none = { ...answer, access: [], accessTotal: 0, changes: [], changesTotal: 0 };
    const exitOf = async (argv: string[], plan: PlanAnswer) =>
      (await command(argv, { plan: async () => plan })).exitCode;
    expect(await exitOf(["plan", "acme", "--exit-code"], answer)).toBe(10);
    expect(await exitOf(["plan", "acme", "--exit-code"], none)).toBe(0);
    expect(await exitOf(["plan", "acme", "--exit-code"], { ...answer, report: report({ exitCode: 4 }) })).toBe(4);
    const { out } = await command(["plan", "acme"], { plan: async () => none });
    expect(out).toMatch(/^nobody gains or loses access\n/);
    expect(out).toMatch(/nothing would change\n$/);
  });

  test("-o json is the answer, as it is", async () => {
    const { out } = await command(["plan", "acme", "-o", "json"], { plan: async () => answer });
    expect(JSON.parse(out)).toEqual(answer);
  });
});

test("what an upstream names cannot command the terminal", async () => {
  const bell = "x\u001b]0;owned\u0007\u202e\nerror: all is lost";
  const shown = "x\\u001b]0;owned\\u0007\\u202e\\u000aerror: all is lost";
  const person: PersonAnswer = {
    source: "acme",
    key: bell,
    id: "1",
    username: bell,
    status: "active",
    tombstonedAt: null,
    asOf: null,
    values: { display_name: bell, title: bell },
    attributes: {},
    roles: [{ key: "r", name: bell, org: null, origin: "users.roles" }],
    permissions: [],
    organizations: [{ key: "o", name: bell, path: ["Acme", bell] }],
  };
  const { out } = await command(["show", "user:acme/x"], { showPerson: async () => person });
  expect(out).toContain(shown);
  const plan: PlanAnswer = {
    report: report({ rejects: [{ entity: "users", key: bell, field: null, code: "MAP020", reason: bell }] }),
    access: [],
    accessTotal: 0,
    changes: [change({ key: bell, old: { title: "A" }, new: { title: bell } })],
    changesTotal: 1,
    expiresAt: null,
  };
  const planned = await command(["plan", "acme"], { plan: async () => plan });
  expect(planned.out).toContain(`update     users ${shown}`);
  for (const text of [out, planned.out]) expect(text).not.toMatch(/[\u001b\u0007\u202e]|^error: all is lost/m);
});

test("a folder without sources is told alike by all who list what there is", async () => {
  const nothing = { files: [], sources: [], problems: [], sampled: [], failures: [] };
  const apps: readonly (readonly [readonly string[], Partial<App>])[] = [
    [["status"], { status: async () => [] }],
    [["source", "list"], { status: async () => [] }],
    [["check"], { check: async () => nothing }],
    [["mapping", "test"], { testMappings: async () => ({ files: [], passed: 0, failed: 0 }) }],
  ];
  for (const [argv, app] of apps)
    expect(await command(argv, app)).toMatchObject({
      exitCode: 0,
      out: `there are no sources yet: no job file in ${__dirname}/jobs\n  draft one with: understudy init NAME --openapi FILE; or name another folder with -C DIR\n`,
    });
});

test("status: one sentence a source, the state in words", async () => {
  const app = {
    status: async () => [status, { ...status, source: "globex", state: "stale" as const, sentence: "late" }],
  };
  expect((await command(["status"], app)).out).toBe("fresh    `acme` is fresh.\nstale    late\n");
  expect((await command(["status", "-o", "csv"], app)).out.split("\n")).toEqual([
    "source,state,lastComplete,next,rejects,dangling,held,sentence",
    "acme,fresh,2026-11-22T13:59:09Z,2026-11-23T01:15:00.000Z,2,1,2000,`acme` is fresh.",
    "globex,stale,2026-11-22T13:59:09Z,2026-11-23T01:15:00.000Z,2,1,2000,late",
    "",
  ]);
});

test("runs, as text and as csv", async () => {
  const asked: unknown[] = [];
  const runs = async (filter: unknown) => {
    asked.push(filter);
    return [summary];
  };
  const { out } = await command(["runs", "acme", "-n", "5"], { runs });
  expect(asked).toEqual([{ source: "acme", limit: 5 }]);
  expect(out).toBe("run 4183  acme  sync  ok  2026-11-22 13:59:02 UTC  2 min 6 s  ops@desk\n");
  const csv = (await command(["runs", "-o", "csv"], { runs })).out.split("\n");
  expect(csv[0]).toBe("run,source,mode,state,outcome,queuedAt,startedAt,finishedAt,by,reason,trigger,slot");
  expect(csv[1]).toMatch(/^4183,acme,.*,ops@desk,"new hires, ""urgent""",cli,$/);
  const slot = "2026-11-22T01:15:00.000Z";
  const nightly = { ...summary, trigger: { kind: "schedule", by: "schedule", reason: null, slot } as const };
  const scheduled = { runs: async () => [nightly] };
  expect((await command(["runs"], scheduled)).out).toContain("  schedule, slot 2026-11-22 01:15:00 UTC\n");
  expect((await command(["runs", "-o", "csv"], scheduled)).out).toContain(`,schedule,,schedule,${slot}\n`);
});

test("hold list tells what waits; reject tells what became of it", async () => {
  const { out } = await command(["hold", "list"], { holds: async () => [hold()], heldBack: async () => [] });
  expect(out).toContain("run 4183  acme  2,000 changes since 2026-11-22 13:59:08 UTC  (open)");
  expect(out).toContain("understudy hold reject 4183\n");
  const nothing = { holds: async () => [], heldBack: async () => [] };
  expect((await command(["hold", "list"], nothing)).out).toBe("nothing is held\n");
  const rejectHold = async () => hold({ state: "rejected", decidedBy: "ops@desk" });
  const rejected = await command(["hold", "reject", "4183"], { rejectHold });
  expect(rejected.out).toContain("(rejected, by ops@desk)");
  expect(rejected.out).not.toContain("understudy hold release");
  const released = hold({ state: "released", decidedBy: "ops@desk", expiresAt: "2026-11-23T13:59:08.000Z" });
  const listed = await command(["hold", "list"], { holds: async () => [released], heldBack: async () => [] });
  expect(listed.out).toContain(
    "(released, by ops@desk, until 2026-11-23 13:59:08 UTC)\n  users: the answer was empty\n" +
      "  until then the next run applies it\n  to withdraw it:    understudy hold reject 4183\n",
  );
});

test("hold show tells the evidence, who gains or loses access, and the records", async () => {
  const asked: unknown[] = [];
  const access = { source: "acme", user: "33", name: "Ada", effect: "loses", what: "sign-in", target: "acme" } as const;
  const shown = {
    hold: hold({ count: 30, reason: "site closed", decidedBy: "ops@desk", state: "released" }),
    access: [{ ...access, subject: "user", targetName: null, scope: null, holders: null, held: true }] as const,
    accessTotal: 1,
    changes: Array.from({ length: 30 }, (_, i) => change({ key: `k${i}`, kind: "tombstone", held: true })),
    changesTotal: 30,
  };
  const showHold = async (request: unknown) => {
    asked.push(request);
    return shown;
  };
  const { out } = await command(["hold", "show", "4183"], { showHold });
  expect(out).toContain("(released, by ops@desk: site closed)\n  users: the answer was empty\n");
  expect(out).toContain("  to withdraw it:    understudy hold reject 4183\n");
  expect(out).toContain("access: 1 change\n  Ada (33)\n    - loses sign-in\n\nrecords and links: 30 changes\n");
  expect(out).toContain("… and 10 more: understudy hold show 4183 --full\n");
  expect(out).not.toContain("(held)");
  expect((await command(["hold", "show", "4183", "--full"], { showHold })).out).toContain("users k29");
  const short = (await command(["hold", "show", "4183", "--short"], { showHold })).out;
  expect(short).toMatch(/access: 1 change\n\nrecords and links: 30 changes\n$/);
  const json = await command(["hold", "show", "4183", "-o", "json"], { showHold });
  expect(JSON.parse(json.out)).toEqual(JSON.parse(JSON.stringify(shown)));
  expect(asked).toEqual([false, true, false, false].map((full) => ({ run: 4183, full })));
});

test("hold release names the count it expects and tells the run", async () => {
  const asked: unknown[] = [];
  const releaseHold = async (request: { run: number; expect: number }) => {
    asked.push(request);
    return report({ run: 4190 });
  };
  const { out } = await command(["hold", "release", "4183", "--expect", "2000", "--reason", "closed"], { releaseHold });
  expect(asked).toMatchObject([{ run: 4183, expect: 2000, trigger: { reason: "closed" } }]);
  expect(out).toContain("run 4190");
});

test("doctor marks in words, and exits by what is wrong", async () => {
  const checks = [
    { name: "node", state: "ok", message: "v20", fix: null },
    { name: "queue", state: "error", message: "out of reach", fix: "start it" },
  ] as const;
  const { out, exitCode } = await command(["doctor"], { doctor: async () => checks });
  expect(out).toBe("ok       node         v20\nerror    queue        out of reach\n                      start it\n");
  expect(exitCode).toBe(8);
  const files = { name: "files", state: "error", message: "2 mistakes", fix: null } as const;
  expect((await command(["doctor"], { doctor: async () => [files] })).exitCode).toBe(3);
  // Mail that cannot be sent is no store out of reach.
  const notify = { name: "notify", state: "error", message: "no server is named", fix: "set SMTP_URL" } as const;
  expect((await command(["doctor"], { doctor: async () => [notify] })).exitCode).toBe(3);
  const credentials = { name: "credentials", state: "error", message: "acme: refused", fix: null } as const;
  expect((await command(["doctor"], { doctor: async () => [credentials] })).exitCode).toBe(4);
  expect((await command(["doctor"], { doctor: async () => [credentials, files] })).exitCode).toBe(3);
  const bug = { name: "bug", state: "error", message: "acme: this is a bug: …", fix: null } as const;
  expect((await command(["doctor"], { doctor: async () => [credentials, bug, ...checks] })).exitCode).toBe(1);
  expect((await command(["doctor"], { doctor: async () => [files, notify, ...checks] })).exitCode).toBe(8);
  expect((await command(["doctor"], { doctor: async () => checks.slice(0, 1) })).exitCode).toBe(0);
});

test("check tells at the end what it could not look at", async () => {
  const failure = {
    source: "acme",
    entity: "users",
    code: "UPS009",
    message: "/users answered 404",
    fix: "check `get`",
  };
  const found = { files: ["a"], sources: ["acme"], problems: [], sampled: [], failures: [failure] };
  const check = async () => found as Awaited<ReturnType<App["check"]>>;
  const { out, err, exitCode } = await command(["check", "--sample"], { check });
  expect(out).toBe("1 file of 1 source: no mistakes in what was looked at\n");
  expect(err).toBe("error[UPS009]: `acme/users` was not looked at: /users answered 404\n  check `get`\n");
  expect(exitCode).toBe(4);
});

test("check and migrate when all is well", async () => {
  const check = async () => ({ files: ["a", "b"], sources: ["acme"], problems: [], sampled: [], failures: [] });
  expect((await command(["check"], { check })).out).toBe("2 files of 1 source: no mistakes\n");
  const applied = ["0001_mirror", "0002_sync"];
  expect(
    (await command(["migrate"], { migrate: async () => ({ applied, version: "0002", roles: false }) })).out,
  ).toContain("2 migrations applied, now at 0002");
  expect(
    (await command(["migrate"], { migrate: async () => ({ applied: [], version: "0002", roles: false }) })).out,
  ).toContain("up to date");
});
