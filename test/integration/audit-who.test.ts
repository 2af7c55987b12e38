/**
 * Who held a role, told by the audit alone, against what the mirror itself said at that moment. A failure names its seed:
 *
 *     UNDERSTUDY_SEED=42 npx jest audit-who
 */

import { openApp } from "../../src/app";
import type { RoleHolder } from "../../src/domain/audit";
import { AuditStore } from "../../src/mirror/audit-store";
import { seeds } from "../support/chance";
import { createRandom, type Random } from "../support/random";
import { FILES_WITH_CHILDREN, RandomCustomer } from "../support/random-customer";
import { releaseHold } from "../support/release-hold";
import { rewriteAudit } from "../support/rewrite-audit";
import { startWorld, type World } from "../support/world";

const STEPS = 12;

test.each(seeds(1, 20))(
  "a random life, replayed by UNDERSTUDY_SEED=%d",
  async (seed) => {
    const world = await startWorld(FILES_WITH_CHILDREN);
    try {
      const random = createRandom(seed);
      const customer = new RandomCustomer(world, random);
      const history = new History(world);
      for (let step = 0; step < STEPS; step += 1) {
        for (let changes = 1 + random.below(8); changes > 0; changes -= 1) customer.change();
        for (let roles = random.below(4); roles > 0; roles -= 1) customer.stateTwice();
        await history.after(await runSomething(world, customer, random));
        if (random.below(3) === 0) for (const run of await releaseHold(world)) await history.after(run);
      }
      await history.check();
    } finally {
      await world.close();
    }
  },
  180_000,
);

/** A run of everything, struck by a fault, of a part, or of one person. @returns its number */
async function runSomething(world: World, customer: RandomCustomer, { below }: Random): Promise<number> {
  const fate = below(8);
  if (fate === 0) world.usersList.fault(1 + below(3), "503");
  if (fate === 1) world.rolesList.fault(1, "truncated");
  const person = customer.somebody();
  const choices =
    fate === 2 ? { only: ["role_members"] } : fate === 3 && person !== null ? { user: String(person.id) } : {};
  const { run } = await world.sync(choices);
  world.usersList.heal();
  world.rolesList.heal();
  return run;
}

/** What the mirror said after every run, and the run that made it so. */
class History {
  readonly #said: { readonly at: string; readonly held: ReadonlyMap<string, number> }[] = [];
  readonly #audit: AuditStore;

  constructor(private readonly world: World) {
    this.#audit = new AuditStore(world.database.knex);
  }

  async after(run: number): Promise<void> {
    const [{ at } = { at: "" }] = await this.world.sql<{ at: string }>("select now() as at");
    const before = this.#said.at(-1)?.held;
    const now = await this.world.sql<{ link: string }>(EFFECTIVE);
    const held = new Map(now.map(({ link }) => [link, before?.get(link) ?? run]));
    this.#said.push({ at, held });
    expect(await this.#told(null)).toEqual(inOrder(held));
  }

  /** What was said then is told now, of every run. */
  async check(): Promise<void> {
    for (const { at, held } of this.#said) expect(await this.#told(at)).toEqual(inOrder(held));
    expect(this.#said.at(-1)?.held.size).toBeGreaterThan(0);
  }

  /** Of all roles that ever were: who held what, and since which run. */
  async #told(at: string | null): Promise<readonly (readonly [string, number])[]> {
    const roles = await this.world.sql<{ key: string }>("select key from mirror.roles");
    const told: [string, number][] = [];
    for (const { key } of roles)
      for (const holder of (await this.#audit.who("acme", key, at)).holders)
        told.push([linkOf(key, holder), holder.run]);
    expect(new Set(told.map(([link]) => link)).size).toBe(told.length);
    return inOrder(new Map(told));
  }
}

const EFFECTIVE = `select distinct jsonb_build_array(role_key, user_key, nullif(org_key, ''))::text as link
  from mirror.user_roles where source = 'acme' and effective`;
/** As Postgres prints it. */
const linkOf = (role: string, { key, org }: RoleHolder): string =>
  `[${[role, key, org].map((part) => JSON.stringify(part)).join(", ")}]`;
const inOrder = (links: ReadonlyMap<string, number>) => [...links].sort(([a], [b]) => (a < b ? -1 : 1));

describe("a role", () => {
  let world: World;
  let audit: AuditStore;

  beforeAll(async () => {
    world = await startWorld();
    audit = new AuditStore(world.database.knex);
    await world.sync({ by: "ops@desk", reason: "first" });
    world.roles = [
      { id: "r1", name: "Chief", permissions: [] },
      { id: "r3", name: "Admin", permissions: [] },
    ];
    world.users[1]!.roles = ["r2", "r3", { role: "r1", org: "o1" }, { role: "r1", org: "o2" }];
    world.users.push({ id: "u4", login: "dora", state: "on", roles: ["r1"] });
    await world.sync();
    await world.sync();
  });
  afterAll(() => world.close());

  const at = async (run: number): Promise<string> => {
    const [row] = await world.sql<{ at: string }>("select max(at) as at from audit.entries where run = $1", [run]);
    return row?.at ?? "";
  };
  const keysOf = async (role: string, when: string | null = null) =>
    (await audit.who("acme", role, when)).holders.map(({ key, org }) => (org === null ? key : `${key} in ${org}`));

  test("is named by its key; each holder comes with since, cause, actor, run and reason", async () => {
    const told = await audit.who("acme", "r1", null);
    expect(told).toMatchObject({ source: "acme", role: { key: "r1", name: "Chief" }, note: null });
    expect(Date.parse(told.at)).toBeLessThanOrEqual(Date.now() + 60_000);
    expect(told.holders[0]).toEqual({
      key: "u1",
      name: "Ann",
      calledBy: "display_name",
      org: null,
      since: await at(1),
      run: 1,
      cause: "upstream",
      actor: "ops@desk",
      reason: "first",
    });
    expect(told.holders.map(({ key, name, org, run }) => [key, name, org, run])).toEqual([
      ["u1", "Ann", null, 1],
      ["u2", "Bob", "o1", 2],
      ["u2", "Bob", "o2", 2],
      ["u4", "dora", null, 2],
    ]);
  });

  test("is named by its name in any case, also by one it had, and when it is gone", async () => {
    expect((await audit.who("acme", "cHIEF", null)).role.key).toBe("r1");
    expect((await audit.who("acme", "reader", null)).role).toEqual({ key: "r2", name: "Reader" });
    expect(await keysOf("reader")).toEqual([]);
    expect(await keysOf("reader", await at(1))).toEqual(["u1", "u2"]);
  });

  test("whose name another one has or had is asked for by key", async () => {
    await expect(audit.who("acme", "admin", null)).rejects.toMatchObject({
      code: "USE003",
      message: "several roles of `acme` have or had the name `admin`: r1, r3",
      fix: "name one by its key",
    });
    expect(await keysOf("r3")).toEqual(["u2"]);
  });

  test("nobody knows is told with the name that was probably meant", async () => {
    const unknown = (role: string) => audit.who("acme", role, null);
    await expect(unknown("Cheif")).rejects.toMatchObject({ code: "USE003", fix: "did you mean `Chief`?" });
    await expect(unknown("treasurer")).rejects.toMatchObject({ code: "USE003", fix: "known: Admin (r3), Chief (r1)" });
    await expect(unknown("' or true --")).rejects.toMatchObject({ code: "USE003" });
  });

  test("at a moment: the whole millisecond counts, and what is not known is said", async () => {
    const first = await at(1);
    expect(await keysOf("r1", first)).toEqual(["u1"]);
    const before = new Date(Date.parse(first) - 1).toISOString();
    await expect(audit.who("acme", "r1", before)).rejects.toMatchObject({
      code: "USE005",
      fix: expect.stringContaining(first),
    });
    await expect(audit.who("acme", "r1", "2999-01-01T00:00:00.000Z")).rejects.toMatchObject({
      code: "USE005",
      message: expect.stringContaining("has not come yet"),
    });
    await expect(audit.who("globex", "r1", null)).rejects.toMatchObject({
      code: "USE005",
      message: "nothing was ever recorded of `globex`, so nobody can say who held what",
    });
  });

  test("of a source that was never read completely comes with a note", async () => {
    const young = await startWorld();
    try {
      young.usersList.fault(1, "503");
      expect(await young.sync()).toMatchObject({ outcome: "upstream" });
      const store = new AuditStore(young.database.knex);
      const told = await store.who("acme", "Admin", null);
      expect(told).toMatchObject({ holders: [], note: "`acme` was never read completely: others may hold it too" });
      young.usersList.heal();
      const { startedAt } = await young.sync();
      expect(await store.who("acme", "Admin", null)).toMatchObject({ note: null });
      expect((await store.who("acme", "Admin", startedAt)).note).toContain("until then others may have held it too");
    } finally {
      await young.close();
    }
  });
});

test("a role is asked for by a key of before a rekey, unless another role bears it now or several did", async () => {
  const world = await startWorld();
  try {
    const audit = new AuditStore(world.database.knex);
    const rekey = async (key: string) => {
      await world.write("mappings/acme/roles.yaml", `into: roles\nkey: ${key}\nfields:\n  name: name\n`);
      const rekeyed = await world.sync({ mode: "rekey", rekey: { stream: "roles", expect: 2 } });
      expect(rekeyed).toMatchObject({ outcome: "ok" });
    };
    const told = async (role: string, when: string | null = null) => {
      const { role: found, holders } = await audit.who("acme", role, when);
      return [found.key, holders.map(({ key }) => key)];
    };
    const codes = ["c1", "c2"];
    const numbers = ["n1", "c1"];
    world.roles = world.roles.map((role, at) => ({ ...role, code: codes[at], number: numbers[at] }));
    await world.sync();
    const [{ at } = { at: "" }] = await world.sql<{ at: string }>("select max(at) as at from audit.entries");
    expect(await told("r1", at)).toEqual(["r1", ["u1"]]);
    await rekey("code");
    expect(await told("r1", at)).toEqual(["c1", ["u1"]]);
    expect(await told("c1", at)).toEqual(["c1", ["u1"]]);
    // The other one bears that key now.
    await rekey("number");
    expect((await told("c1", at))[0]).toBe("c1");
    expect(await told("r1", at)).toEqual(["n1", ["u1"]]);
    expect((await told("c2", at))[0]).toBe("c1");
    // Nobody does, and both did.
    await rekey("id");
    await expect(told("c1", at)).rejects.toMatchObject({
      code: "USE003",
      message: "several roles of `acme` have or had the name `c1`: r1, r2",
    });
    expect(await told("n1", at)).toEqual(["r1", ["u1"]]);
    await expect(told("c9", at)).rejects.toMatchObject({ message: "`acme` has no role `c9`, and never had one" });
  } finally {
    await world.close();
  }
});

test("a person's history can begin late", async () => {
  const world = await startWorld();
  try {
    const audit = new AuditStore(world.database.knex);
    await world.sync();
    world.users[0]!.name = "Anna";
    await world.sync();
    const all = await audit.ofUser("acme", "u1", null);
    const last = all.at(-1)!;
    expect(last).toMatchObject({ kind: "update", new: { display_name: "Anna" }, run: 2, cause: "upstream" });
    expect(await audit.ofUser("acme", "u1", last.at)).toEqual([last]);
    expect(await audit.ofUser("acme", "u1", new Date(Date.parse(last.at) + 1).toISOString())).toEqual([]);
  } finally {
    await world.close();
  }
});

test("the history of nobody is a mistake, and of somebody who is gone or new is none", async () => {
  const world = await startWorld();
  const app = await openApp({ home: world.home, env: { DATABASE_URL: world.databaseUrl }, logLevel: "error" });
  const told = async (key: string, since: string | null = null) =>
    (await app.auditUser("acme", key, since)).entries.length;
  try {
    await world.sync();
    await expect(told("nope")).rejects.toMatchObject({ code: "USE003", exitCode: 2 });
    await expect(told("nope", "2020-01-01T00:00:00Z")).rejects.toMatchObject({ code: "USE003" });
    const future = new Date(Date.now() + 60_000).toISOString();
    expect(await told("u1", future)).toBe(0);
    // As after a history that is not kept for ever, and as of a person whose row is gone.
    await rewriteAudit(world.database, "delete from audit.entries where key = 'u1'");
    await world.sql("delete from mirror.users where key = 'u2'");
    expect(await told("u1")).toBe(0);
    expect(await told("u2")).toBeGreaterThan(0);
    expect(await told("u2", future)).toBe(0);
  } finally {
    await app.close();
    await world.close();
  }
});

test("names of people are masked where their mapping says so, and everywhere when it cannot be read", async () => {
  const pii = "into: users\nkey: id\nfields:\n  username: login\n  status: { from: state, map: { _: active } }\n";
  const mapping = "mappings/acme/users.yaml";
  const world = await startWorld({
    [mapping]: `${pii}  display_name: { from: name, pii: true }\n  roles: { from: roles, type: list }\n`,
  });
  const app = await openApp({ home: world.home, env: { DATABASE_URL: world.databaseUrl }, logLevel: "error" });
  try {
    await world.sync();
    const names = async () =>
      (await app.auditWho({ source: "acme", role: "reader", at: null })).holders.map(({ name }) => name);
    expect(await names()).toEqual(["A…", "B…"]);
    await world.write(mapping, `${pii}  display_name: name\n  roles: { from: roles, type: list }\n`);
    expect(await names()).toEqual(["Ann", "Bob"]);
    await world.write(mapping, "into: users\nkey: [");
    expect(await names()).toEqual(["A…", "B…"]);
    await expect(app.auditWho({ source: "acne", role: "reader", at: null })).rejects.toMatchObject({ code: "USE002" });
  } finally {
    await app.close();
    await world.close();
  }
});
