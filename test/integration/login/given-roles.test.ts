/** Roles that are given here, beside those that the customer's system states: through the app, as the commands give them. */
import type { App } from "../../../src/domain/app";
import { LoginApp } from "../../support/login-app";
import { rewriteAudit } from "../../support/rewrite-audit";
import type { World } from "../../support/world";

let logins: LoginApp;
let world: World;
let app: App;
beforeEach(async () => {
  logins = await LoginApp.start();
  ({ world, app } = logins);
});
afterEach(() => logins.close());

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
