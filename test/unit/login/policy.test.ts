/** Modes, freshness of roles, and what a login costs others. */
import type { TokenWay } from "../../../src/domain/login";
import { ADDRESS_LIMITS, WAITS, waitAfter } from "../../../src/login/limits";
import { Pace } from "../../../src/login/pace";
import { HOUR, LoginWorld, policyOf } from "../../support/login-world";

const YES = { outcome: "accepted", key: "ada" } as const;
const NO = { outcome: "refused" } as const;
const AWAY = { outcome: "unavailable", reason: "timeout" } as const;

let world: LoginWorld;
beforeEach(() => {
  world = new LoginWorld();
  world.person("ada");
});

const told = async (password: string): Promise<string> => {
  const answer = await world.login("ada", password);
  return answer.result === "accepted" ? answer.basis : answer.result;
};

describe("modes", () => {
  test("live-first keeps what was right, also when it was another password before", async () => {
    world.script = [YES];
    expect(await told("old")).toBe("live");
    expect(await told("new")).toBe("live");
    world.script = [AWAY];
    expect(await told("old")).toBe("refused");
    expect(await told("new")).toBe("mirror");
  });

  test("live-only never answers from the mirror", async () => {
    world.policy = policyOf({ mode: "live-only" });
    world.verifierOf("ada", "right");
    world.script = [AWAY];
    expect(await told("right")).toBe("unavailable");
  });

  test("mirror-only asks nobody", async () => {
    world.policy = policyOf({ mode: "mirror-only" });
    expect(await told("right")).toBe("refused");
    world.verifierOf("ada", "right");
    expect(await told("right")).toBe("mirror");
    expect(await told("wrong")).toBe("refused");
    expect(world.asked).toEqual([]);
  });

  test("mirror-first asks nobody within `maxAge`, and about every other password", async () => {
    world.policy = policyOf({ mode: "mirror-first", maxAge: HOUR });
    world.script = [YES];
    expect(await told("right")).toBe("live");
    world.now += HOUR;
    expect(await told("right")).toBe("mirror");
    expect(world.asked).toHaveLength(1);
    // Perhaps it was changed there.
    expect(await told("changed")).toBe("live");
    expect(world.asked).toHaveLength(2);
    world.now += HOUR + 1;
    expect(await told("changed")).toBe("live");
    expect(world.asked).toHaveLength(3);
    world.script = [NO];
    world.now += HOUR + 1;
    expect(await told("changed")).toBe("refused");
    expect(world.verifiers.size).toBe(0);
  });

  test("mirror-first in an outage is as live-first", async () => {
    world.policy = policyOf({ mode: "mirror-first", maxAge: HOUR });
    world.verifierOf("ada", "right", world.now - 2 * HOUR);
    world.script = [AWAY];
    const answer = await world.login("ada", "right");
    expect(answer).toMatchObject({ basis: "mirror", upstream: { state: "down" } });
    expect(await told("wrong")).toBe("refused");
  });
});

describe("in an outage access shrinks role by role", () => {
  const access = async (age: number) => {
    world.asOf = world.now - age;
    const answer = await world.login("ada", "right");
    if (answer.result !== "accepted") throw new Error(answer.result);
    const { roles, permissions } = answer.subject;
    return { roles: roles.map(({ key }) => key), permissions: permissions.map(({ key, via }) => `${key} by ${via}`) };
  };
  beforeEach(() => {
    world.verifierOf("ada", "right");
    world.script = [AWAY];
  });

  test("privileged ones go after an hour, single ones as the job says, those given here never", async () => {
    world.policy = policyOf({ freshness: { privileged: HOUR, roles: { guard: 2 * HOUR } } });
    const all = {
      roles: ["clerk", "admin", "guard", "granted"],
      permissions: ["read by clerk,admin", "delete by admin"],
    };
    expect(await access(HOUR)).toEqual(all);
    expect(await access(HOUR + 1)).toEqual({ roles: ["clerk", "guard", "granted"], permissions: ["read by clerk"] });
    expect(await access(2 * HOUR + 1)).toEqual({ roles: ["clerk", "granted"], permissions: ["read by clerk"] });
  });

  test("a role's own word wins over what is said of privileged ones", async () => {
    world.policy = policyOf({ freshness: { privileged: HOUR, roles: { admin: 10 * HOUR } } });
    expect((await access(9 * HOUR)).roles).toContain("admin");
    world.policy = policyOf({ freshness: { privileged: null, roles: {} } });
    expect((await access(100 * HOUR)).roles).toContain("admin");
  });

  test("a mirror as of a time to come is not fresh, unless clocks are but a little apart", async () => {
    world.policy = policyOf({ freshness: { privileged: HOUR, roles: { guard: 100 * HOUR } } });
    expect((await access(-HOUR)).roles).toEqual(["clerk", "granted"]);
    expect((await access(-50_000)).roles).toEqual(["clerk", "admin", "guard", "granted"]);
  });

  test("a live yes leaves out none", async () => {
    world.script = [YES];
    expect((await access(100 * HOUR)).roles).toContain("admin");
  });
});

test("what a mapping brought becomes ours at the first success", async () => {
  world.policy = policyOf({ mode: "mirror-only" });
  world.verifierOf("ada", "right");
  world.verifiers.set("ada", { ...world.verifiers.get("ada")!, isForeign: true });
  expect(await told("wrong")).toBe("refused");
  expect(world.verifiers.get("ada")?.isForeign).toBe(true);
  expect(await told("right")).toBe("mirror");
  expect(world.verifiers.get("ada")?.isForeign).toBe(false);
});

test("a verifier that cannot be read says neither yes nor no, and is no failure", async () => {
  world.verifiers.set("ada", { hash: "of another pepper", vouchedAt: world.now, isForeign: false });
  world.script = [AWAY];
  for (let i = 0; i < 12; i += 1) expect(await told("right")).toBe("unavailable");
});

test("without a place in the queue nobody is asked", async () => {
  world.isFull = true;
  world.script = [YES];
  expect(await world.login("ada", "right")).toEqual({ result: "unavailable", retryAfter: 1 });
  expect(world.asked).toEqual([]);
});

test("an empty password is asked about nowhere: there are systems that let everybody in with it", async () => {
  world.script = [YES];
  expect(await told("")).toBe("refused");
  expect(world.asked).toEqual([]);
});

test("a local administrator is asked about nowhere, whatever the customer's system is", async () => {
  world.person("root", { isLocal: true });
  world.verifierOf("root", "right", 0);
  world.script = [NO];
  expect(await world.login("root", "right")).toMatchObject({ result: "accepted", upstream: { state: "not-asked" } });
  expect(await world.login("root", "wrong")).toEqual({ result: "refused" });
  expect(world.asked).toEqual([]);
});

describe("nobody learns from outside", () => {
  const hashed = async (login: string, password: string) => {
    const before = world.hashes;
    const { result } = await world.login(login, password);
    return { result, hashes: world.hashes - before };
  };

  test("that the customer's system said yes to somebody who may not sign in here", async () => {
    world.person("off", { status: "disabled" });
    for (const key of ["off", "nobody here"]) {
      world.script = [{ outcome: "accepted", key }];
      const right = await hashed(key, "right");
      world.script = [NO];
      expect([key, right]).toEqual([key, await hashed(key, "wrong")]);
    }
  });

  test.each([
    ["live-only", "unavailable"],
    ["live-first", "refused"],
    ["mirror-first", "refused"],
    ["mirror-only", "refused"],
  ] as const)("that a login is locked out in an outage, with `mode: %s`", async (mode, result) => {
    world.policy = policyOf({ mode });
    world.breakerState = "open";
    world.verifierOf("ada", "right");
    const open = await hashed("ada", "wrong");
    expect(open.result).toBe(result);
    world.failures.set("1ada", { count: 100, at: world.now });
    expect(await hashed("ada", "wrong")).toEqual(open);
    expect(await hashed("ada", "right")).toEqual(open);
  });
});

describe("tokens that are checked by keys which are here", () => {
  const policyBy = (kind: string) => policyOf({ token: { kind } as unknown as TokenWay });

  test.each(["oidc", "jwt", "saml"])("%s: no breaker keeps them out, and they make nobody look", async (kind) => {
    world.policy = policyBy(kind);
    world.breakerState = "open";
    world.script = [YES];
    expect(await world.token("good")).toMatchObject({ result: "accepted", basis: "live" });
    world.script = [AWAY];
    expect(await world.token("of a key that cannot be had")).toMatchObject({ result: "unavailable" });
    expect(world.suspicions).toEqual([]);
  });

  test.each(["http", "introspection"])("%s: are asked about elsewhere", async (kind) => {
    world.policy = policyBy(kind);
    world.script = [AWAY];
    await world.token("good");
    expect(world.suspicions).toEqual(["acme"]);
    world.breakerState = "open";
    expect(await world.token("good")).toMatchObject({ result: "unavailable" });
    expect(world.asked).toHaveLength(1);
  });
});

test("steps tell nothing of the password", async () => {
  world.verifierOf("ada", "hunter2-the-second");
  for (const script of [YES, NO, AWAY]) {
    world.script = [script];
    const steps = await world.steps("ada", "hunter2-the-second");
    expect(steps.length).toBeGreaterThan(1);
    expect(JSON.stringify(steps)).not.toContain("hunter2");
  }
});

test("waits are none for five failures, then 30 s doubling to an hour, and half an hour at least after ten", () => {
  expect([1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 100].map(waitAfter)).toEqual([
    ...[0, 0, 30, 60, 120, 240, 1800, 1800, 1920, 3600, 3600, 3600],
  ]);
  expect(WAITS).toEqual(Array.from({ length: 14 }, (_, index) => waitAfter(index + 1)));
  expect(ADDRESS_LIMITS.underAttack).toBeGreaterThanOrEqual(5);
});

test("who is locked out waits as long as the last refusals took, at the median", () => {
  const pace = new Pace();
  expect(pace.usual("acme")).toBe(0);
  for (const took of [5, 1000, 7, 6, 8]) pace.note("acme", took);
  expect([pace.usual("acme"), pace.usual("other")]).toEqual([7, 0]);
  for (let i = 0; i < 15; i += 1) pace.note("acme", 50);
  expect(pace.usual("acme")).toBe(50);
});
