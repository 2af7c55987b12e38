/** Sessions of the API in a real database: who changes them at once, and what a run takes away. */
import type { Caller } from "../../src/domain/api";
import { silentLog } from "../../src/domain/log";
import { createKeyRing } from "../../src/login/tokens/key-ring";
import { hashOf, makeApiKey } from "../../src/login/tokens/secrets";
import { createSessions } from "../../src/login/tokens/sessions";
import { ApiKeyStore } from "../../src/mirror/api/api-key-store";
import { SessionStore } from "../../src/mirror/api/session-store";
import { SignInCodeStore } from "../../src/mirror/api/sign-in-code-store";
import { SigningKeyStore } from "../../src/mirror/api/signing-key-store";
import { crowd, startWorld, USERS, type World } from "../support/world";

const SECRET = new Uint8Array(32).fill(3);
const WITH_VALIDITY = USERS.replace(
  "  display_name: name\n",
  "  display_name: name\n  valid_from: from\n  valid_until: until\n",
);
let world: World;
let caller: Caller;

/** What one process has; two of them share the database alone. */
function processOf(clock = Date.now, secrets: readonly [Uint8Array, ...Uint8Array[]] = [SECRET]) {
  const store = new SessionStore(world.database);
  const ring = createKeyRing({
    keys: new SigningKeyStore(world.database),
    secrets,
    lifetime: 3_600,
    clock: Date.now,
    log: silentLog,
  });
  const subject = async ({ source, key }: { source: string; key: string }) => {
    const [found] = await world.sql<{ id: number; username: string }>(
      "select id, username from mirror.identities where source = $1 and key = $2 and status = 'active'",
      [source, key],
    );
    if (found === undefined) return null;
    const { id, username } = found;
    return {
      source,
      key,
      id: String(id),
      username,
      displayName: null,
      email: null,
      roles: [],
      permissions: [],
      organizations: [],
    };
  };
  const services = { store, ring, subject, secrets, issuer: "urn:test", lifetime: 3_600, clock };
  return { store, ring, sessions: createSessions(services) };
}

const person = async (key: string) => {
  const [found] = await world.sql<{ id: number }>("select id from mirror.users where source = 'acme' and key = $1", [
    key,
  ]);
  return {
    source: "acme",
    key,
    id: String(found?.id),
    basis: "live" as const,
    asOf: "2026-11-27T12:00:00.000Z",
    passwordChangedAt: null,
  };
};

beforeAll(async () => {
  world = await startWorld({ "mappings/acme/users.yaml": WITH_VALIDITY });
  // So many that runs may remove a few.
  world.users = crowd(60).map(({ id }) => ({ id, login: `login-${id}`, state: "on" }));
  expect((await world.sync()).outcome).toBe("ok");
  const keys = new ApiKeyStore(world.database);
  const key = makeApiKey();
  await keys.create(
    { name: "portal", sources: ["acme"], scopes: ["login"], until: null, by: "test@here" },
    hashOf(key),
  );
  caller = (await keys.find(hashOf(key))) as Caller;
});
afterAll(() => world.close());

async function open(key: string, { sessions } = processOf()) {
  const tokens = await sessions.open(await person(key), caller);
  if (tokens === null) throw new Error("no session was opened");
  return tokens;
}

describe("a session", () => {
  test("is opened, looked at by another process, renewed, and ended", async () => {
    const [one, other] = [processOf(), processOf()];
    const first = await open("u1", one);
    const seen = { active: true, aud: "acme", client_id: "portal", username: "login-u1", basis: "live" };
    expect(await other.sessions.introspect(first.accessToken, caller)).toMatchObject({
      ...seen,
      token_type: "access_token",
    });
    expect(await other.sessions.introspect(first.refreshToken, caller)).toMatchObject({
      ...seen,
      token_type: "refresh_token",
    });
    const second = await other.sessions.renew(first.refreshToken, caller);
    expect(await one.sessions.introspect(first.refreshToken, caller)).toEqual({ active: false });
    expect(await one.sessions.introspect(second!.accessToken, caller)).toMatchObject(seen);
    expect(await one.sessions.end(second!.accessToken, caller)).toBe(true);
    for (const token of [first.accessToken, second!.accessToken, second!.refreshToken])
      expect(await other.sessions.introspect(token, caller)).toEqual({ active: false });
    expect(await other.sessions.renew(second!.refreshToken, caller)).toBeNull();
  });

  test("no handle stands in the database as it is", async () => {
    const { refreshToken } = await open("u1");
    const [row] = await world.sql<{ text: string }>("select string_agg(s::text, ' ') as text from login.sessions s");
    expect(row?.text).not.toContain(refreshToken);
    expect(row?.text).not.toContain(Buffer.from(refreshToken, "base64url").toString("hex"));
  });

  test("renewed by two processes at once gives both the same next handle, and goes on", async () => {
    const [one, other] = [processOf(), processOf()];
    const { refreshToken } = await open("u1", one);
    const both = await Promise.all(
      [one, other, one, other].map(({ sessions }) => sessions.renew(refreshToken, caller)),
    );
    expect(new Set(both.map((tokens) => tokens?.refreshToken)).size).toBe(1);
    expect(await other.sessions.renew(both[0]!.refreshToken, caller)).not.toBeNull();
  });

  test("renewed right before the pepper was replaced is answered again by a process with the new one, and goes on", async () => {
    const [one, other] = [processOf(), processOf(Date.now, [new Uint8Array(32).fill(4), SECRET])];
    const { refreshToken } = await open("u1", one);
    const lost = await one.sessions.renew(refreshToken, caller);
    const again = await other.sessions.renew(refreshToken, caller);
    expect(again?.refreshToken).toBe(lost!.refreshToken);
    const next = await other.sessions.renew(again!.refreshToken, caller);
    expect(next).not.toBeNull();
    expect((await other.sessions.renew(again!.refreshToken, caller))?.refreshToken).toBe(next!.refreshToken);
  });

  test("ends for both when a handle comes that was used before", async () => {
    const { sessions } = processOf();
    const first = await open("u1");
    const second = await sessions.renew(first.refreshToken, caller);
    const third = await sessions.renew(second!.refreshToken, caller);
    expect(await sessions.renew(first.refreshToken, caller)).toBeNull();
    expect(await sessions.introspect(third!.accessToken, caller)).toEqual({ active: false });
    expect(await sessions.renew(third!.refreshToken, caller)).toBeNull();
  });

  test("is ended by a handle that was used before, for whoever lost the answer to a renewal has no other", async () => {
    const { sessions } = processOf();
    const first = await open("u1");
    const second = await sessions.renew(first.refreshToken, caller);
    const elsewhere = { ...caller, sources: ["other"] };
    expect(await sessions.end(first.refreshToken, elsewhere)).toBe(false);
    expect(await sessions.end(first.refreshToken, caller)).toBe(true);
    expect(await sessions.introspect(second!.accessToken, caller)).toEqual({ active: false });
    expect(await sessions.renew(second!.refreshToken, caller)).toBeNull();
    expect(await sessions.end(first.refreshToken, caller)).toBe(false);
  });

  test("is ended by an access token that is over, for an application that renews nothing has no other", async () => {
    const { accessToken } = await open("u1");
    const { sessions } = processOf(() => Date.now() + 3_000_000);
    expect(await sessions.introspect(accessToken, caller)).toEqual({ active: false });
    expect(await sessions.end(accessToken, { ...caller, sources: ["globex"] })).toBe(false);
    expect(await sessions.end(accessToken.replace(/.{6}$/, "AAAAAA"), caller)).toBe(false);
    expect(await sessions.end(accessToken, caller)).toBe(true);
    expect(await processOf().sessions.introspect(accessToken, caller)).toEqual({ active: false });
  });

  test("is not known to, nor ended by, a caller of other sources", async () => {
    const { sessions } = processOf();
    const foreign = { ...caller, sources: ["globex"] };
    const tokens = await open("u1");
    for (const token of [tokens.accessToken, tokens.refreshToken]) {
      expect(await sessions.introspect(token, foreign)).toEqual({ active: false });
      expect(await sessions.end(token, foreign)).toBe(false);
    }
    expect(await sessions.renew(tokens.refreshToken, foreign)).toBeNull();
    expect(await sessions.introspect(tokens.accessToken, caller)).toMatchObject({ active: true });
  });

  test("is known to, and ended by, whoever has another key for the source", async () => {
    const { sessions } = processOf();
    const successor = { ...caller, id: 0, name: "portal-2" };
    const tokens = await open("u1");
    for (const token of [tokens.accessToken, tokens.refreshToken])
      expect(await sessions.introspect(token, successor)).toMatchObject({ active: true, client_id: "portal" });
    expect(await sessions.end(tokens.accessToken, successor)).toBe(true);
    expect(await sessions.introspect(tokens.accessToken, caller)).toEqual({ active: false });
  });

  test("is over at its end, whatever its token says", async () => {
    const { sessions, store } = processOf();
    const tokens = await open("u4");
    await world.sql("update login.sessions set expires_at = clock_timestamp() where key = 'u4'");
    expect(await sessions.introspect(tokens.accessToken, caller)).toEqual({ active: false });
    await store.sweep();
    expect(await world.sql("select from login.sessions where key = 'u4'")).toEqual([]);
  });

  test("is not given to somebody who is disabled, gone, not yet or no longer valid, or unknown", async () => {
    const { sessions } = processOf();
    const who = await person("u5");
    const tries = [
      "status = 'locked'",
      "status = 'disabled'",
      "tombstoned_at = now()",
      "valid_until = now()",
      "valid_from = now() + interval '1 hour'",
    ];
    for (const set of tries) {
      await world.sql(`update mirror.users set ${set} where key = 'u5'`);
      expect([set, await sessions.open(who, caller)]).toEqual([set, null]);
      await world.sql(
        "update mirror.users set status = 'active', tombstoned_at = null, valid_until = null, valid_from = null where key = 'u5'",
      );
    }
    expect(await sessions.open({ ...who, key: "nobody" }, caller)).toBeNull();
    expect(await sessions.open(who, caller)).not.toBeNull();
  });
});

describe("a run that records that somebody may not sign in any more", () => {
  test("ends their sessions in the same transaction, and those of nobody else", async () => {
    const { sessions } = processOf();
    const [leaver, disabled, other] = [await open("u2"), await open("u3"), await open("u1")];
    world.users = world.users
      .filter(({ id }) => id !== "u2")
      .map((user) => (user.id === "u3" ? { ...user, state: "off" } : user));
    await world.sync();
    await world.sync();
    expect(await world.sql("select distinct key from login.sessions where key in ('u2', 'u3')")).toEqual([]);
    for (const { accessToken, refreshToken } of [leaver, disabled]) {
      expect(await sessions.introspect(accessToken, caller)).toEqual({ active: false });
      expect(await sessions.renew(refreshToken, caller)).toBeNull();
    }
    expect(await sessions.introspect(other.accessToken, caller)).toMatchObject({ active: true });
  });

  test.each([
    ["disabled", "status = 'disabled'", "status = 'active'"],
    ["has another password", "password_changed_at = '2026-11-27T12:00:00.5Z'", "password_changed_at = null"],
  ])("is not waited for: a session that slips in before its commit is of nobody who %s", async (_what, set, back) => {
    const { sessions } = processOf();
    let tokens: Awaited<ReturnType<typeof open>> | undefined;
    await world.database.transaction(async (run) => {
      await run.query(`update mirror.users set ${set} where source = 'acme' and key = 'u5'`);
      tokens = await open("u5");
      expect(await sessions.introspect(tokens.accessToken, caller)).toMatchObject({ active: true });
    });
    expect(await sessions.introspect(tokens!.accessToken, caller)).toEqual({ active: false });
    expect(await sessions.renew(tokens!.refreshToken, caller)).toBeNull();
    await world.sql(`update mirror.users set ${back} where source = 'acme' and key = 'u5'`);
  });

  test("and lets the person in again ends what was opened meanwhile", async () => {
    const was = world.users;
    const { sessions } = processOf();
    world.users = was.map((user) => (user.id === "u4" ? { ...user, state: "off" } : user));
    await world.sync();
    // As a login leaves it that began before.
    await world.sql("update mirror.users set status = 'active' where key = 'u4'");
    const slipped = await open("u4");
    await world.sql("update mirror.users set status = 'disabled' where key = 'u4'");
    world.users = was;
    await world.sync();
    expect(await sessions.introspect(slipped.accessToken, caller)).toEqual({ active: false });
    expect(await sessions.introspect((await open("u4")).accessToken, caller)).toMatchObject({ active: true });
  });

  describe("by when they are valid", () => {
    const fromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
    const says = async (valid: { from?: string; until?: string }) => {
      world.users = world.users.map(({ from: _from, until: _until, ...user }) =>
        user.id === "u5" ? { ...user, ...valid } : user,
      );
      expect((await world.sync()).outcome).toBe("ok");
    };
    const signIns = () =>
      world.sql(
        `select (select count(*)::integer from login.sessions where key = 'u5') as sessions,
                (select count(*)::integer from login.verifiers where key = 'u5') as verifiers`,
      );
    beforeEach(async () => {
      await says({});
      await world.sql("delete from login.sessions where key = 'u5'");
      await world.sql(
        `insert into login.verifiers (source, key, hash, vouched_at) values ('acme', 'u5', 'a hash', now())
         on conflict do nothing`,
      );
    });
    afterAll(() => says({}));

    test.each([
      ["no longer", { until: fromNow(-10) }],
      ["not yet", { from: fromNow(10) }],
    ])("%s, ends their sessions, and none comes back to life with them", async (_what, valid) => {
      const { sessions } = processOf();
      const before = await open("u5");
      await says(valid);
      expect(await signIns()).toEqual([{ sessions: 0, verifiers: 0 }]);
      await says({});
      expect(await sessions.introspect(before.accessToken, caller)).toEqual({ active: false });
      expect(await sessions.renew(before.refreshToken, caller)).toBeNull();
      expect(await sessions.introspect((await open("u5")).accessToken, caller)).toMatchObject({ active: true });
    });

    test("again, ends what was opened before their time had passed by itself", async () => {
      const { sessions } = processOf();
      await says({ until: fromNow(10) });
      const before = await open("u5");
      await world.sql("update mirror.users set valid_until = now() where key = 'u5'");
      expect(await sessions.introspect(before.accessToken, caller)).toEqual({ active: false });
      await says({ until: fromNow(20) });
      expect(await sessions.introspect(before.accessToken, caller)).toEqual({ active: false });
      expect(await signIns()).toEqual([{ sessions: 0, verifiers: 1 }]);
    });

    test("all along, ends none, whatever the dates", async () => {
      const before = await open("u5");
      for (const valid of [{ until: fromNow(10) }, { from: fromNow(-10), until: fromNow(20) }, {}]) await says(valid);
      expect(await processOf().sessions.introspect(before.accessToken, caller)).toMatchObject({ active: true });
      expect(await signIns()).toEqual([{ sessions: 1, verifiers: 1 }]);
    });
  });

  test("with another password leaves none to a login that began with the one before", async () => {
    const who = await person("u1");
    await world.sql("update mirror.users set password_changed_at = '2026-11-27T12:00:00.5Z' where key = 'u1'");
    expect(await processOf().sessions.open(who, caller)).toBeNull();
    const now = { ...who, passwordChangedAt: "2026-11-27T12:00:00.500Z" };
    expect(await processOf().sessions.open(now, caller)).not.toBeNull();
    await world.sql("update mirror.users set password_changed_at = null where key = 'u1'");
  });
});

test("a code is good once, for its source, for a while", async () => {
  const codes = new SignInCodeStore(world.database);
  const keep = async (code: string, lifetime = 60) =>
    codes.keep(hashOf(code), { source: "acme", key: "u1", challenge: "abc" }, lifetime);
  await keep("one");
  expect(await codes.take(hashOf("one"), "globex")).toBeNull();
  const taken = await Promise.all([1, 2, 3].map(() => codes.take(hashOf("one"), "acme")));
  expect(taken.filter((code) => code !== null)).toEqual([{ source: "acme", key: "u1", challenge: "abc" }]);
  await keep("late", 0);
  expect(await codes.take(hashOf("late"), "acme")).toBeNull();
  expect(await codes.keep(hashOf("nobody"), { source: "acme", key: "nobody", challenge: null }, 60)).toBe(false);
});
