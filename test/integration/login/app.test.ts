/** Logins through the app, as the commands and the service ask it: real files, a real customer's system, a real database. */

import { setTimeout as delay } from "node:timers/promises";
import { openApp } from "../../../src/app";
import type { App } from "../../../src/domain/app";
import { eventually } from "../../support/eventually";
import { realCommand } from "../../support/real-command";
import { rewriteAudit } from "../../support/rewrite-audit";
import { JOB, startSyncedWorld, USERS, type World } from "../../support/world";

const LOGIN = `
login:
  deadline: 1s
  defaultRoles: [r2]
  password:
    kind: http
    post: /login
    json: { user: "{login}", secret: "{password}" }
    success: status = 200
    refused: status = 401
    disabled: status = 423
    subject: { key: body.id }
`;

let world: World;
let app: App;
/** What the customer's system answers to logins instead of looking. */
let status: number | null = null;
/** What it answers to looks, that is, to requests of another method. */
let looked: number | null = null;
let asked = 0;

const prepare = (made: World): void => {
  made.upstream.on("/login", ({ method, body }) => {
    if (method === "GET" && looked !== null) return { status: looked };
    asked += 1;
    const { user, secret } = JSON.parse(body || "{}");
    if (status !== null) return { status };
    const found = made.users.find(({ login }) => login === user);
    if (found === undefined || secret !== `of ${found.login}`) return { status: 401 };
    return found.state === "on" ? { body: { id: found.id } } : { status: 423 };
  });
};

beforeEach(async () => {
  [status, looked, asked] = [null, null, 0];
  world = await startSyncedWorld({ "jobs/acme.yaml": `${JOB}${LOGIN}` }, prepare);
  app = await openApp({
    home: world.home,
    env: { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url, LOGIN_HASH: "m=19456,t=2,p=1" },
    logLevel: "error",
  });
});
afterEach(async () => {
  await app.close();
  await world.close();
});

const login = (name: string, password: string) =>
  app.login({ source: "acme", credential: { kind: "password", login: name, password }, client: { address: null } });

test("a role that several lists state is told once", async () => {
  await world.sql(`
    insert into mirror.user_roles (source, user_key, role_key, origin, owner_key, effective, since, last_run)
    select source, user_key, role_key, 'members', role_key, true, since, last_run from mirror.user_roles where user_key = 'u1'`);
  const { subject } = (await login("ann", "of ann")) as {
    subject: { roles: readonly { key: string; origin: string }[] };
  };
  expect(subject.roles.map(({ key, origin }) => `${key} ${origin}`)).toEqual([
    "r1 upstream",
    "r2 default",
    "r2 upstream",
  ]);
});

test("a live yes, then the mirror's with its age when the customer's system is away; a wrong password never", async () => {
  expect(await login("ann", "of ann")).toMatchObject({
    result: "accepted",
    basis: "live",
    ageSeconds: 0,
    upstream: { state: "up" },
    subject: {
      source: "acme",
      key: "u1",
      username: "ann",
      displayName: "Ann",
      roles: [
        { key: "r1", name: "Admin", org: null, origin: "upstream", expiresAt: null },
        { key: "r2", name: "Reader", org: null, origin: "default", expiresAt: null },
        { key: "r2", name: "Reader", org: null, origin: "upstream", expiresAt: null },
      ],
      permissions: [
        { key: "p1", name: "read", via: ["r1", "r2"] },
        { key: "p2", name: "write", via: ["r1"] },
      ],
      organizations: [{ key: "o2", name: "Sales", path: ["Head office", "Sales"] }],
    },
  });
  expect(await login("ann", "of bob")).toEqual({ result: "refused" });
  status = 503;
  expect(await login("ann", "of ann")).toMatchObject({
    result: "accepted",
    basis: "mirror",
    upstream: { state: "down" },
  });
  expect(await login("ann", "of bob")).toEqual({ result: "refused" });
  expect(await login("bob", "of bob")).toEqual({ result: "unavailable", retryAfter: 30 });
  expect(await login("nobody", "of bob")).toEqual({ result: "refused" });
});

test("who has taken over another's name signs in as often as they like, and neither of them is locked out", async () => {
  const [ann, bob] = world.users;
  // The mirror does not know it yet.
  [ann!.login, bob!.login] = ["former", "ann"];
  for (let times = 0; times < 7; times += 1)
    expect(await login("ann", "of ann")).toMatchObject({ result: "accepted", subject: { key: "u2" } });
  const counted = "select failures, under_way from login.failures where kind = 'login'";
  expect(await world.sql(counted)).toEqual([{ failures: 0, under_way: 0 }]);
});

test("an outage is found by a probe and by that alone, and so is its end", async () => {
  await login("ann", "of ann");
  status = 503;
  await login("ann", "of ann");
  await eventually(
    () => world.sql<{ open: boolean }>("select open_since is not null as open from login.upstreams"),
    ([row]) => row?.open === true,
  );
  const before = asked;
  expect(await login("ann", "of ann")).toMatchObject({ basis: "mirror", upstream: { state: "down", afterMs: 0 } });
  expect(asked).toBe(before);
});

test("where looks get an error, a login now and then finds out that logins are answered again", async () => {
  const isOpen = async () => {
    const [row] = await world.sql<{ open: boolean }>("select open_since is not null as open from login.upstreams");
    return row?.open;
  };
  await login("ann", "of ann");
  [status, looked] = [503, 500];
  await login("ann", "of ann");
  await eventually(isOpen, (open) => open === true);
  status = null;
  expect(await login("ann", "of ann")).toMatchObject({ basis: "mirror" });
  const clock = performance.now.bind(performance);
  const ahead = jest.spyOn(performance, "now").mockImplementation(() => clock() + 11_000);
  try {
    expect(await login("ann", "of ann")).toMatchObject({ basis: "live" });
  } finally {
    ahead.mockRestore();
  }
  expect(await isOpen()).toBe(false);
  expect(await login("ann", "of ann")).toMatchObject({ basis: "live" });
});

test("who left or was disabled is refused from the moment that a run knows, and so is an old password", async () => {
  await login("ann", "of ann");
  await login("bob", "of bob");
  world.users = world.users
    .filter(({ id }) => id !== "u1")
    .map((one) => (one.id === "u2" ? { ...one, state: "off" } : one));
  await world.sync();
  await world.sync();
  expect(await world.sql("select key from login.verifiers")).toEqual([]);
  status = 503;
  expect(await login("ann", "of ann")).toEqual({ result: "refused" });
  expect(await login("bob", "of bob")).toEqual({ result: "refused" });
});

test("`verify` tells which way it went", async () => {
  const call = {
    source: "acme",
    credential: { kind: "password", login: "ann", password: "of ann" },
    client: { address: null },
  } as const;
  const live = await app.verifyLogin(call);
  expect(live.steps.map(({ step }) => step)).toEqual(["limits", "the customer's system", "the verifier"]);
  status = 500;
  const { steps, answer } = await app.verifyLogin(call);
  expect(answer).toMatchObject({ basis: "mirror" });
  expect(steps.map(({ step }) => step)).toEqual(["limits", "the customer's system", "the mirror"]);
  expect(JSON.stringify(steps)).not.toContain("of ann");
});

test("`verify` masks what the mapping marks as personal, as `show` does; applications get it whole", async () => {
  const marked = USERS.replace("display_name: name", "display_name: { from: name, pii: true }");
  await world.write("mappings/acme/users.yaml", marked.replace("required: true", "required: true, pii: true"));
  world.users[0]!.email = "ann@example.com";
  await world.sync();
  const env = { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url, LOGIN_HASH: "m=19456,t=2,p=1" };
  const verify = (...more: string[]) =>
    realCommand(world.home, ["verify", "acme", "ann", ...more], { env, stdin: "of ann\n" });
  expect((await verify()).out).toContain("\n  A… (u1)\n");
  const told = (await verify("--json")).out;
  expect(JSON.parse(told).answer.subject).toMatchObject({ username: "a…", displayName: "A…", email: "a…@e….c…" });
  expect(told).not.toMatch(/Ann|example/);
  const subject = { username: "ann", displayName: "Ann", email: "ann@example.com" };
  expect(await login("ann", "of ann")).toMatchObject({ result: "accepted", subject });
});

test("a secret that is rotated in its file counts within a second", async () => {
  let secret = "of last year";
  world.upstream.on("/login", ({ headers }) =>
    headers.authorization === `Bearer ${secret}` ? { body: { id: "u1" } } : { status: 403 },
  );
  const auth = `kind: bearer, token: "\${file:secrets/ours}"`;
  await world.write("secrets/ours", secret);
  await world.write("jobs/acme.yaml", JOB.replace("kind: none", auth) + LOGIN);
  expect(await login("ann", "of ann")).toMatchObject({ basis: "live" });
  await delay(1_100);
  expect(await login("ann", "of ann")).toMatchObject({ basis: "live" });
  secret = "of this year";
  await world.write("secrets/ours", secret);
  await delay(1_100);
  expect(await login("ann", "of ann")).toMatchObject({ basis: "live" });
});

test("an edited job counts within a second, a broken one changes nothing", async () => {
  await login("ann", "of ann");
  await world.write("jobs/acme.yaml", `${JOB}${LOGIN.replace("deadline: 1s", "deadline: 1s\n  mode: mirror-only")}`);
  await eventually(
    () => login("ann", "of ann"),
    (answer) => answer.result === "accepted" && answer.basis === "mirror",
  );
  await world.write("jobs/acme.yaml", "source: acme\nentities: nonsense\n");
  const before = asked;
  await delay(1_100);
  expect(await login("ann", "of ann")).toMatchObject({ result: "accepted", basis: "mirror" });
  expect(asked).toBe(before);
});

test("after a restart logins go on by what the job says of them, whatever else in the files is wrong, and by nothing older", async () => {
  const restarted = async () => {
    await app.close();
    app = await openApp({
      home: world.home,
      env: { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url, LOGIN_HASH: "m=19456,t=2,p=1" },
      logLevel: "error",
    });
    return login("ann", "of ann");
  };
  await world.write("mappings/acme/users.yaml", USERS.replace("username:", "usrname:"));
  await world.write("jobs/beta.yaml", "source: beta\nentities: [\n");
  expect(await restarted()).toMatchObject({ result: "accepted", basis: "live" });
  const sentence = async () => (await app.showSource("acme")).sentence;
  expect(await sentence()).toContain("its files have mistakes, so no run can begin; logins go on");

  // Not even YAML any more, with a word that nobody knows and a variable that is not set.
  const broken = JOB.replace("{ get: /orgs,", "{ get: /orgs, page: [").replace("users:", "users: { gte: '");
  const notify = `notify: [{ webhook: "\${NOBODY_SET_IT}" }]\n`;
  await world.write("jobs/acme.yaml", broken + notify + LOGIN);
  expect(await restarted()).toMatchObject({ result: "accepted", basis: "live" });

  // What was made stricter by the same edit counts.
  await world.write("jobs/acme.yaml", broken + LOGIN.replace("deadline: 1s", "deadline: 1s\n  mode: live-only"));
  status = 503;
  expect(await restarted()).toMatchObject({ result: "unavailable" });

  await world.write("jobs/acme.yaml", JOB + LOGIN.replace("deadline: 1s", "deadline: soon"));
  await expect(restarted()).rejects.toMatchObject({ code: "CFG001" });
  expect(await sentence()).toContain("nobody can sign in once a process starts anew");

  await world.write("jobs/acme.yaml", JOB);
  await expect(restarted()).rejects.toMatchObject({ code: "LOG001" });
});

test("a role that `login` names and that is not there is told by every run, and not one that comes with it", async () => {
  const login = LOGIN.replace("[r2]", "[r2, r9, none]").replace("deadline: 1s", "freshness: { roles: { R1: 1h } }");
  await world.write("jobs/acme.yaml", JOB + login);
  const told = (key: string) => `\`login\` names a role \`${key}\`, and there is none with that key`;
  expect((await world.plan()).notes).toEqual(expect.arrayContaining([told("r9"), told("none"), told("R1")]));
  world.roles.push({ id: "r9", name: "Comes" });
  const { notes: synced } = await world.sync();
  expect(synced).toEqual(expect.arrayContaining([told("none"), told("R1")]));
  for (const key of ["r2", "r9"]) expect(synced).not.toContain(told(key));
});

describe("roles given here", () => {
  const grant = (changes = {}) =>
    app.grantRole({
      source: "acme",
      user: "u2",
      role: "r1",
      org: null,
      until: null,
      by: "ops@desk",
      reason: "stands in",
      ...changes,
    });
  const roles = async (key: string) =>
    (await app.identity("acme", key)).roles.map((role) => `${role.key} ${role.origin}`);
  /** All that was given is over since a second. */
  const timePasses = async () => {
    await rewriteAudit(world.database, "update audit.entries set at = at - interval '1 hour' where origin = 'local'");
    await world.sql(
      "update mirror.local_grants set granted_at = granted_at - interval '1 hour', expires_at = now() - interval '1 s'",
    );
  };
  const audit = async () =>
    (await app.auditUser("acme", "u2", null)).entries
      .filter(({ cause }) => cause !== "upstream")
      .map(({ kind, related, cause, actor, reason }) => [kind, related, cause, actor, reason].join(" "));

  test("stand until they are ended, whatever the customer's system says, each in the audit", async () => {
    const made = await grant();
    expect(made).toMatchObject({ user: "u2", role: "r1", until: null, grantedBy: "ops@desk", endedAt: null });
    await world.sync({ full: true });
    expect(await roles("u2")).toEqual(["r1 local", "r2 default", "r2 upstream"]);
    expect((await app.auditWho({ source: "acme", role: "r1", at: null })).holders.map(({ key }) => key)).toEqual([
      "u1",
      "u2",
    ]);
    await expect(grant()).rejects.toMatchObject({ code: "USE004" });
    await app.revokeGrant({ source: "acme", id: made.id, by: "ops@desk", reason: "is back" });
    expect(await roles("u2")).toEqual(["r2 default", "r2 upstream"]);
    await expect(app.revokeGrant({ source: "acme", id: made.id, by: "x", reason: null })).rejects.toMatchObject({
      code: "USE003",
    });
    expect(await audit()).toEqual(["grant r1 local ops@desk stands in", "revoke r1 local ops@desk is back"]);
    expect((await app.auditWho({ source: "acme", role: "r1", at: null })).holders.map(({ key }) => key)).toEqual([
      "u1",
    ]);
    expect(await app.grants({ source: "acme", user: null, all: false })).toEqual([]);
    expect(await app.grants({ source: "acme", user: "u2", all: true })).toHaveLength(1);
    // Of a default role the audit tells nothing, and says so.
    expect((await app.auditWho({ source: "acme", role: "r1", at: null })).note).toBeNull();
    expect((await app.auditWho({ source: "acme", role: "r2", at: null })).note).toBe(
      "everybody of `acme` holds it now, for its job names it in `defaultRoles`; since when, the file's history tells",
    );
  });

  test("are listed however many there are", async () => {
    await world.sql(`
      insert into mirror.local_grants (source, user_key, role_key, org_key, granted_at, granted_by, reason)
      select 'acme', 'u2', 'r1', n::text, now(), 'ops@desk', 'many' from generate_series(1, 1001) as n`);
    expect(await app.grants({ source: "acme", user: null, all: false })).toHaveLength(1_001);
  });

  test("end by themselves at their moment", async () => {
    await grant({ until: new Date(Date.now() + 86_400_000).toISOString() });
    expect((await app.identity("acme", "u2")).roles[0]).toMatchObject({
      key: "r1",
      origin: "local",
      expiresAt: expect.stringMatching(/Z$/),
    });
    await timePasses();
    expect(await roles("u2")).toEqual(["r2 default", "r2 upstream"]);
    // The next who grants something tidies up.
    await grant();
    expect(await audit()).toEqual([
      "grant r1 local ops@desk stands in",
      "revoke r1 expired ops@desk stands in",
      "grant r1 local ops@desk stands in",
    ]);
  });

  test("that are over are over for the audit, too, before anybody has written that down", async () => {
    const made = await grant({ until: new Date(Date.now() + 86_400_000).toISOString() });
    await timePasses();
    const holders = async () => (await app.auditWho({ source: "acme", role: "r1", at: null })).holders;
    expect((await holders()).map(({ key }) => key)).toEqual(["u1"]);
    // Who ends it now is too late: it would stand in the audit for longer than it did.
    await expect(app.revokeGrant({ source: "acme", id: made.id, by: "x", reason: null })).rejects.toMatchObject({
      code: "USE003",
    });
    await world.sync();
    expect(await audit()).toEqual(["grant r1 local ops@desk stands in", "revoke r1 expired ops@desk stands in"]);
    expect((await holders()).map(({ key }) => key)).toEqual(["u1"]);
  });

  test("that are over end in the audit when their time was over, with the next run, whatever it finds", async () => {
    await grant({ until: new Date(Date.now() + 86_400_000).toISOString() });
    await world.sql(
      "update mirror.local_grants set granted_at = now() - interval '41 days', expires_at = now() - interval '40 days'",
    );
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    expect(
      await world.sql(
        "select cause, at < now() - interval '39 days' as \"isThen\" from audit.entries where key = 'u2' and origin = 'local' order by id",
      ),
    ).toEqual([
      { cause: "local", isThen: false },
      { cause: "expired", isThen: true },
    ]);
  });

  test("that are over do not return with the person", async () => {
    await grant({ until: new Date(Date.now() + 86_400_000).toISOString() });
    await timePasses();
    expect(await app.grants({ source: "acme", user: "u2", all: false })).toEqual([]);
    const [left] = world.users.splice(1, 1);
    await world.sync();
    await world.sync();
    world.users.push(left!);
    await world.sync();
    expect(await roles("u2")).toEqual(["r2 default", "r2 upstream"]);
    expect((await audit()).filter((line) => / r1 (?:end-|expired|local)/.test(line))).toEqual([
      "grant r1 local ops@desk stands in",
      "revoke r1 expired ops@desk stands in",
    ]);
  });

  test("rest with a person who is gone and return with them", async () => {
    await grant();
    const [left] = world.users.splice(1, 1);
    await world.sync();
    await world.sync();
    await expect(app.identity("acme", "u2")).rejects.toMatchObject({ code: "USE003" });
    expect((await app.auditWho({ source: "acme", role: "r1", at: null })).holders.map(({ key }) => key)).toEqual([
      "u1",
    ]);
    world.users.push(left!);
    await world.sync();
    expect(await roles("u2")).toEqual(["r1 local", "r2 default", "r2 upstream"]);
    expect((await audit()).filter((line) => / r1 end-/.test(line))).toEqual([
      "revoke r1 end-gone test@here ",
      "grant r1 end-returned test@here ",
    ]);
  });

  test.each([
    [{ user: "nobody" }, "USE003"],
    [{ role: "no role" }, "USE003"],
    [{ org: "no org" }, "USE003"],
    [{ until: "2020-01-01T00:00:00Z" }, "USE004"],
    [{ source: "other" }, "USE002"],
  ])("are refused where they lead nowhere: %j", async (changes, code) => {
    await expect(grant(changes)).rejects.toMatchObject({ code });
  });
});

test("people are listed page by page, and found by name", async () => {
  const page = (after: string | null, filter = {}) =>
    app.identities({ source: "acme", after, limit: 2, username: null, email: null, ...filter });
  const first = await page(null);
  expect([first.identities.map(({ key }) => key), first.next]).toEqual([["u1", "u2"], "u2"]);
  const second = await page(first.next);
  expect([second.identities.map(({ key, status: of }) => [key, of]), second.next]).toEqual([
    [["u3", "disabled"]],
    null,
  ]);
  expect((await page(null, { username: "BOB" })).identities.map(({ key }) => key)).toEqual(["u2"]);
});

test("readiness: who could sign in now, whose time runs out, and why not the others", async () => {
  await login("ann", "of ann");
  await login("bob", "of bob");
  await world.sql("update login.verifiers set vouched_at = now() - interval '71 h' where key = 'u2'");
  expect(await app.offlineReport("acme")).toMatchObject({
    source: "acme",
    mode: "live-first",
    active: 2,
    ready: 2,
    endingTotal: 1,
    ending: [{ key: "u2" }],
    notReady: [],
    neverLetIn: 0,
    neverLetInReady: 0,
    drillUntil: null,
    outSince: null,
  });
  await world.sql("update login.verifiers set vouched_at = now() - interval '73 h' where key = 'u2'");
  await world.sql("delete from login.verifiers where key = 'u1'");
  expect(await app.offlineReport("acme")).toMatchObject({
    active: 2,
    ready: 0,
    notReadyTotal: { dropped: 1, "too-long-ago": 1 },
    notReady: [
      { key: "u1", because: "dropped" },
      { key: "u2", because: "too-long-ago" },
    ],
  });
});

test("a drill makes the mirror answer for its time, and those let in are looked at again", async () => {
  await login("ann", "of ann");
  const drill = { source: "acme", by: "ops@desk", reason: "quarterly" };
  await app.drill({ ...drill, for: 600_000 });
  const before = asked;
  expect(await login("ann", "of ann")).toMatchObject({ basis: "mirror" });
  expect(asked).toBe(before);
  const admitted = async () => (await app.admitted({ source: "acme", since: null })).people;
  expect(await admitted()).toMatchObject([{ key: "u1", times: 1, found: "unchecked" }]);
  await app.drill({ ...drill, for: null });
  expect(await login("ann", "of ann")).toMatchObject({ basis: "live" });
  await world.sync({ only: ["roles"] });
  expect(await admitted()).toMatchObject([{ key: "u1", found: "unchecked" }]);
  await world.sync();
  expect(await admitted()).toMatchObject([{ key: "u1", found: "active" }]);
  const audited = await world.sql(
    "select new, cause, actor, reason from audit.entries where cause = 'drill' order by id",
  );
  expect(audited).toMatchObject([{ actor: "ops@desk", reason: "quarterly" }, { new: { drill_until: null } }]);
});

test("a local administrator is let in whatever the customer's system is, and it is nobody's source", async () => {
  const at = (name: string, password: string) =>
    app.login({ source: "local", credential: { kind: "password", login: name, password }, client: { address: null } });
  const request = { name: "root", password: "long enough to stand", roles: ["administrator"], until: null };
  expect(await at("root", request.password)).toEqual({ result: "refused" });
  await app.createAdministrator({ ...request, by: "ops@desk", reason: "emergencies" });
  await expect(app.createAdministrator({ ...request, by: "x", reason: "x" })).rejects.toMatchObject({ code: "USE004" });
  const past = { ...request, name: "past", until: "2026-01-01T00:00:00Z", by: "x", reason: "x" };
  await expect(app.createAdministrator(past)).rejects.toMatchObject({ code: "USE004" });
  expect(await app.auditWho({ source: "local", role: "administrator", at: null })).toMatchObject({
    holders: [{ key: "root" }],
  });
  await expect(app.showSource("local")).rejects.toMatchObject({ code: "USE002" });
  // No job could bring it back, and whoever it holds could sign in no more.
  const trigger = { kind: "cli", by: "ops@desk", reason: null } as const;
  await expect(app.retireSource({ source: "local", expect: 1, trigger })).rejects.toMatchObject({ code: "USE002" });
  status = 503;
  expect(await at("root", request.password)).toMatchObject({
    result: "accepted",
    basis: "mirror",
    upstream: { state: "not-asked" },
    subject: { source: "local", key: "root", roles: [{ key: "administrator" }] },
  });
  expect(await at("root", "long enough to guess")).toEqual({ result: "refused" });
  expect(asked).toBe(0);
  expect(await login("root", request.password)).toEqual({ result: "refused" });
  expect((await app.status()).map(({ source }) => source)).toEqual(["acme"]);
  expect(await app.administrators()).toMatchObject([{ name: "root", lastLogin: expect.stringMatching(/Z$/) }]);
  await app.removeAdministrator({ name: "root", by: "ops@desk", reason: null });
  expect(await at("root", request.password)).toEqual({ result: "refused" });
  const audited = await world.sql("select entity, kind from audit.entries where source = 'local' order by id");
  expect(audited.map(({ entity, kind }) => `${entity} ${kind}`)).toEqual([
    ...["users create", "user_roles grant", "users tombstone", "user_roles revoke"],
  ]);
  // Who was removed may be made anew, with another password.
  await app.createAdministrator({ ...request, password: "another that is long", by: "ops@desk", reason: "again" });
  expect(await at("root", request.password)).toEqual({ result: "refused" });
  expect(await at("root", "another that is long")).toMatchObject({ result: "accepted" });
});

test("an administrator who is made anew begins anew: not locked out, and never let in", async () => {
  const at = (password: string) =>
    app.login({
      source: "local",
      credential: { kind: "password", login: "root", password },
      client: { address: null },
    });
  const request = { name: "root", roles: ["administrator"], until: null, by: "ops@desk", reason: "emergencies" };
  await app.createAdministrator({ ...request, password: "long enough to stand" });
  expect(await at("long enough to stand")).toMatchObject({ result: "accepted" });
  const [before] = await app.administrators();
  for (let i = 0; i < 6; i += 1) await at("a guess by somebody");
  expect(await at("long enough to stand")).toEqual({ result: "refused" });
  await app.removeAdministrator({ name: "root", by: "ops@desk", reason: null });
  await app.createAdministrator({ ...request, password: "another that is long" });
  const [after] = await app.administrators();
  expect(after).toMatchObject({ name: "root", lastLogin: null });
  expect(Date.parse(after!.createdAt)).toBeGreaterThan(Date.parse(before!.createdAt));
  expect(await at("another that is long")).toMatchObject({ result: "accepted" });
});

test("what an administrator was given beside it ends with them, and is nobody's who has the name next", async () => {
  const root = { name: "root", password: "long enough to stand", roles: ["viewer"], until: null, by: "ops@desk" };
  await app.createAdministrator({ ...root, reason: "emergencies", roles: ["administrator"] });
  const grant = { source: "local", user: "root", role: "administrator", org: null, until: null };
  await app.grantRole({ ...grant, by: "ops@desk", reason: "more" });
  await app.removeAdministrator({ name: "root", by: "ops@desk", reason: "has left" });
  const asked = { source: "local", role: "administrator", at: null };
  expect((await app.auditWho(asked)).holders).toEqual([]);
  expect(await app.grants({ source: "local", user: null, all: false })).toEqual([]);
  await app.createAdministrator({ ...root, reason: "again" });
  expect((await app.identity("local", "root")).roles.map(({ key }) => key)).toEqual(["viewer"]);
  expect((await app.auditWho(asked)).holders).toEqual([]);
});
