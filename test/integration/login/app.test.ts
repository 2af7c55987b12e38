/** Logins through the app, as the commands and the service ask it: real files, a real customer's system, a real database. */

import { setTimeout as delay } from "node:timers/promises";
import { openApp } from "../../../src/app";
import type { App } from "../../../src/domain/app";
import { eventually } from "../../support/eventually";
import { LOGIN, LoginApp } from "../../support/login-app";
import { realCommand } from "../../support/real-command";
import { JOB, USERS, type World } from "../../support/world";

let logins: LoginApp;
let world: World;
let app: App;
beforeEach(async () => {
  logins = await LoginApp.start();
  ({ world, app } = logins);
});
afterEach(() => logins.close());

test("a role that several lists state is told once", async () => {
  await world.sql(`
    insert into mirror.user_roles (source, user_key, role_key, origin, owner_key, effective, since, last_run)
    select source, user_key, role_key, 'members', role_key, true, since, last_run from mirror.user_roles where user_key = 'u1'`);
  const { subject } = (await logins.login("ann", "of ann")) as {
    subject: { roles: readonly { key: string; origin: string }[] };
  };
  expect(subject.roles.map(({ key, origin }) => `${key} ${origin}`)).toEqual([
    "r1 upstream",
    "r2 default",
    "r2 upstream",
  ]);
});

test("a live yes, then the mirror's with its age when the customer's system is away; a wrong password never", async () => {
  expect(await logins.login("ann", "of ann")).toMatchObject({
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
  expect(await logins.login("ann", "of bob")).toEqual({ result: "refused" });
  logins.customer.status = 503;
  expect(await logins.login("ann", "of ann")).toMatchObject({
    result: "accepted",
    basis: "mirror",
    upstream: { state: "down" },
  });
  expect(await logins.login("ann", "of bob")).toEqual({ result: "refused" });
  expect(await logins.login("bob", "of bob")).toEqual({ result: "unavailable", retryAfter: 30 });
  expect(await logins.login("nobody", "of bob")).toEqual({ result: "refused" });
});

test("who has taken over another's name signs in as often as they like, and neither of them is locked out", async () => {
  const [ann, bob] = world.users;
  // The mirror does not know it yet.
  [ann!.login, bob!.login] = ["former", "ann"];
  for (let times = 0; times < 7; times += 1)
    expect(await logins.login("ann", "of ann")).toMatchObject({ result: "accepted", subject: { key: "u2" } });
  const counted = "select failures, under_way from login.failures where kind = 'login'";
  expect(await world.sql(counted)).toEqual([{ failures: 0, under_way: 0 }]);
});

test("an outage is found by a probe and by that alone, and so is its end", async () => {
  await logins.login("ann", "of ann");
  logins.customer.status = 503;
  await logins.login("ann", "of ann");
  await eventually(
    () => world.sql<{ open: boolean }>("select open_since is not null as open from login.upstreams"),
    ([row]) => row?.open === true,
  );
  const before = logins.customer.asked;
  expect(await logins.login("ann", "of ann")).toMatchObject({
    basis: "mirror",
    upstream: { state: "down", afterMs: 0 },
  });
  expect(logins.customer.asked).toBe(before);
});

test("where looks get an error, a login now and then finds out that logins are answered again", async () => {
  const isOpen = async () => {
    const [row] = await world.sql<{ open: boolean }>("select open_since is not null as open from login.upstreams");
    return row?.open;
  };
  await logins.login("ann", "of ann");
  [logins.customer.status, logins.customer.looked] = [503, 500];
  await logins.login("ann", "of ann");
  await eventually(isOpen, (open) => open === true);
  logins.customer.status = null;
  expect(await logins.login("ann", "of ann")).toMatchObject({ basis: "mirror" });
  const clock = performance.now.bind(performance);
  const ahead = jest.spyOn(performance, "now").mockImplementation(() => clock() + 11_000);
  try {
    expect(await logins.login("ann", "of ann")).toMatchObject({ basis: "live" });
  } finally {
    ahead.mockRestore();
  }
  expect(await isOpen()).toBe(false);
  expect(await logins.login("ann", "of ann")).toMatchObject({ basis: "live" });
});

test("who left or was disabled is refused from the moment that a run knows, and so is an old password", async () => {
  await logins.login("ann", "of ann");
  await logins.login("bob", "of bob");
  world.users = world.users
    .filter(({ id }) => id !== "u1")
    .map((one) => (one.id === "u2" ? { ...one, state: "off" } : one));
  await world.sync();
  await world.sync();
  expect(await world.sql("select key from login.verifiers")).toEqual([]);
  logins.customer.status = 503;
  expect(await logins.login("ann", "of ann")).toEqual({ result: "refused" });
  expect(await logins.login("bob", "of bob")).toEqual({ result: "refused" });
});

test("`verify` tells which way it went", async () => {
  const call = {
    source: "acme",
    credential: { kind: "password", login: "ann", password: "of ann" },
    client: { address: null },
  } as const;
  const live = await app.verifyLogin(call);
  expect(live.steps.map(({ step }) => step)).toEqual(["limits", "the customer's system", "the verifier"]);
  logins.customer.status = 500;
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
  expect(await logins.login("ann", "of ann")).toMatchObject({ result: "accepted", subject });
});

test("a secret that is rotated in its file counts within a second", async () => {
  let secret = "of last year";
  world.upstream.on("/login", ({ headers }) =>
    headers.authorization === `Bearer ${secret}` ? { body: { id: "u1" } } : { status: 403 },
  );
  const auth = `kind: bearer, token: "\${file:secrets/ours}"`;
  await world.write("secrets/ours", secret);
  await world.write("jobs/acme.yaml", JOB.replace("kind: none", auth) + LOGIN);
  expect(await logins.login("ann", "of ann")).toMatchObject({ basis: "live" });
  await delay(1_100);
  expect(await logins.login("ann", "of ann")).toMatchObject({ basis: "live" });
  secret = "of this year";
  await world.write("secrets/ours", secret);
  await delay(1_100);
  expect(await logins.login("ann", "of ann")).toMatchObject({ basis: "live" });
});

test("an edited job counts within a second, a broken one changes nothing", async () => {
  await logins.login("ann", "of ann");
  await world.write("jobs/acme.yaml", `${JOB}${LOGIN.replace("deadline: 1s", "deadline: 1s\n  mode: mirror-only")}`);
  await eventually(
    () => logins.login("ann", "of ann"),
    (answer) => answer.result === "accepted" && answer.basis === "mirror",
  );
  await world.write("jobs/acme.yaml", "source: acme\nentities: nonsense\n");
  const before = logins.customer.asked;
  await delay(1_100);
  expect(await logins.login("ann", "of ann")).toMatchObject({ result: "accepted", basis: "mirror" });
  expect(logins.customer.asked).toBe(before);
});

test("after a restart logins go on by what the job says of them, whatever else in the files is wrong, and by nothing older", async () => {
  const restarted = async () => {
    await app.close();
    logins.app = await openApp({
      home: world.home,
      env: { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url, LOGIN_HASH: "m=19456,t=2,p=1" },
      logLevel: "error",
    });
    app = logins.app;
    return logins.login("ann", "of ann");
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
  logins.customer.status = 503;
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
  await logins.login("ann", "of ann");
  await logins.login("bob", "of bob");
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
  await logins.login("ann", "of ann");
  const drill = { source: "acme", by: "ops@desk", reason: "quarterly" };
  await app.drill({ ...drill, for: 600_000 });
  const before = logins.customer.asked;
  expect(await logins.login("ann", "of ann")).toMatchObject({ basis: "mirror" });
  expect(logins.customer.asked).toBe(before);
  const admitted = async () => (await app.admitted({ source: "acme", since: null })).people;
  expect(await admitted()).toMatchObject([{ key: "u1", times: 1, found: "unchecked" }]);
  await app.drill({ ...drill, for: null });
  expect(await logins.login("ann", "of ann")).toMatchObject({ basis: "live" });
  await world.sync({ only: ["roles"] });
  expect(await admitted()).toMatchObject([{ key: "u1", found: "unchecked" }]);
  await world.sync();
  expect(await admitted()).toMatchObject([{ key: "u1", found: "active" }]);
  const audited = await world.sql(
    "select new, cause, actor, reason from audit.entries where cause = 'drill' order by id",
  );
  expect(audited).toMatchObject([{ actor: "ops@desk", reason: "quarterly" }, { new: { drill_until: null } }]);
});
