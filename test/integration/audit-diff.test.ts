/**
 * What two moments differ in, told by the audit alone, against what the mirror itself said at each of them. A failure names its
 * seed:
 *
 *     UNDERSTUDY_SEED=42 npx jest audit-diff
 */

import type { DiffAnswer, LinkDifference } from "../../src/domain/audit";
import type { Json, JsonObject } from "../../src/domain/json";
import { AuditDiff } from "../../src/mirror/audit-diff";
import { AuditStore } from "../../src/mirror/audit-store";
import { GrantStore } from "../../src/mirror/login/grant-store";
import { seeds } from "../support/chance";
import { createRandom, type Random } from "../support/random";
import { FILES_WITH_CHILDREN, RandomCustomer } from "../support/random-customer";
import { realCommand } from "../support/real-command";
import { releaseHold } from "../support/release-hold";
import { rewriteAudit } from "../support/rewrite-audit";
import { startSyncedWorld, startWorld, USERS, type World } from "../support/world";

const STEPS = 9;

test.each(seeds(1, 8))(
  "a random life, replayed by UNDERSTUDY_SEED=%d",
  async (seed) => {
    const world = await startWorld(FILES_WITH_CHILDREN);
    try {
      const random = createRandom(seed);
      const customer = new RandomCustomer(world, random);
      const snapshots: Snapshot[] = [];
      const store = new AuditDiff(world.database.knex);
      const tell = async (before: Snapshot, after: Snapshot): Promise<number> => {
        const told = await store.between({ source: "acme", from: before.at, to: after.at, limit: null });
        expect(inOrder(told)).toEqual(inOrder(difference(before, after)));
        expect([told.recordsTotal, told.linksTotal]).toEqual([told.records.length, told.links.length]);
        return told.recordsTotal + told.linksTotal;
      };
      await world.sync();
      snapshots.push(await look(world));
      for (let step = 0; step < STEPS; step += 1) {
        for (let changes = 1 + random.below(8); changes > 0; changes -= 1) customer.change();
        for (let roles = random.below(3); roles > 0; roles -= 1) customer.stateTwice();
        await world.sync();
        if (random.below(3) === 0) await releaseHold(world);
        if (random.below(2) === 0) await giveOrTake(world, random);
        snapshots.push(await look(world));
        // Not all of it is written down yet.
        await tell(snapshots[step]!, snapshots[step + 1]!);
      }
      let differences = 0;
      for (const [index, before] of snapshots.entries())
        for (const after of snapshots.slice(index + 1)) differences += await tell(before, after);
      expect(differences).toBeGreaterThan(0);
    } finally {
      await world.close();
    }
  },
  240_000,
);

/** A role given here, or the end of one. */
async function giveOrTake(world: World, { one }: Random): Promise<void> {
  const grants = new GrantStore(world.database);
  const by = { by: "ops@desk", reason: "test" };
  const [standing] = await grants.list({
    source: "acme",
    user: null,
    all: false,
  });
  // The next grant would write it down.
  if (standing?.until != null) return void (await letExpire(world, standing.id));
  if (standing !== undefined) await grants.revoke({ source: "acme", id: standing.id, ...by });
  const living = async (entity: string) =>
    world.sql<{ key: string }>(`select key from mirror.${entity} where tombstoned_at is null order by key`);
  const [people, roles] = [await living("users"), await living("roles")];
  if (people.length === 0 || roles.length === 0) return;
  const [{ key: user }, { key: role }] = [one(people), one(roles)];
  await grants.grant({
    source: "acme",
    user,
    role,
    org: null,
    until: one([null, LATER]),
    ...by,
  });
}

const LATER = "2999-01-01T00:00:00.000Z";

/** Its time is over now; nobody has written that down yet. */
const letExpire = (world: World, grant: number) =>
  world.sql("update mirror.local_grants set expires_at = clock_timestamp() where id = $1", [grant]);

interface Snapshot {
  readonly at: string;
  readonly records: ReadonlyMap<string, RecordThen>;
  readonly links: ReadonlySet<string>;
}

interface RecordThen {
  readonly entity: string;
  readonly key: string;
  readonly live: boolean;
  readonly values: JsonObject;
  readonly attributes: JsonObject;
}

const OWN = ["id", "source", "key", "attributes", "version", "created_at", "updated_at", "tombstoned_at", "last_run"];
const OTHERS = ["realm", "unique_name"];
const RECORDS_NOW = ["users", "roles", "permissions", "orgs"]
  .map(
    (entity) => `select '${entity}' as entity, key, tombstoned_at is null as live, attributes,
      to_jsonb(m) - array[${[...OWN, ...OTHERS].map((name) => `'${name}'`).join(", ")}] as values
      from mirror.${entity} m where source = 'acme'`,
  )
  .join(" union all ");
const LINKS_NOW = `
  select distinct jsonb_build_array(kind, l, r, nullif(scope, ''))::text as link from (
    select 'user_roles' as kind, user_key as l, role_key as r, org_key as scope from mirror.user_roles where effective
    union all select 'user_roles', user_key, role_key, org_key from mirror.local_grants
      where effective and ended_at is null and (expires_at is null or expires_at > now())
    union all select 'user_orgs', user_key, org_key, '' from mirror.user_orgs where effective
    union all select 'role_permissions', role_key, permission_key, '' from mirror.role_permissions where effective) now`;

async function look(world: World): Promise<Snapshot> {
  const records = await world.sql<RecordThen & Record<string, unknown>>(RECORDS_NOW);
  const links = await world.sql<{ link: string }>(LINKS_NOW);
  const [{ at } = { at: "" }] = await world.sql<{ at: string }>("select clock_timestamp() as at");
  // Whatever is written from here on is of a later millisecond.
  await world.sql("select pg_sleep(0.003)");
  return {
    at,
    records: new Map(records.map((record) => [`${record.entity} ${record.key}`, record])),
    links: new Set(links.map(({ link }) => link)),
  };
}

type Told = Pick<DiffAnswer, "records" | "links">;

function difference(before: Snapshot, after: Snapshot): Told {
  const records: Record<string, unknown>[] = [];
  for (const [name, now] of after.records) {
    const then = before.records.get(name);
    const { entity, key } = now;
    const [was, is] = [then?.live === true, now.live];
    if (was && !is) records.push({ entity, key, kind: "removed", old: null, new: null });
    if (!is) continue;
    if (then === undefined) {
      records.push({
        entity,
        key,
        kind: "created",
        old: null,
        new: present(now),
      });
      continue;
    }
    const [old, fresh] = differing(then, now);
    if (!was || Object.keys(old).length > 0)
      records.push({
        entity,
        key,
        kind: was ? "changed" : "restored",
        old,
        new: fresh,
      });
  }
  const linksOf = (some: ReadonlySet<string>, others: ReadonlySet<string>, effect: LinkDifference["effect"]) =>
    [...some]
      .filter((link) => !others.has(link))
      .map((link) => {
        const [kind, key, related, scope] = JSON.parse(link);
        return { kind, key, related, scope, effect };
      });
  const links = [...linksOf(after.links, before.links, "gained"), ...linksOf(before.links, after.links, "lost")];
  return { records, links } as unknown as Told;
}

const nested = (attributes: JsonObject): JsonObject => (Object.keys(attributes).length === 0 ? {} : { attributes });

const withoutNulls = (values: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));

const present = ({ values, attributes }: RecordThen): JsonObject => ({
  ...withoutNulls(values),
  ...nested(withoutNulls(attributes)),
});

function differing(then: RecordThen, now: RecordThen): readonly [JsonObject, JsonObject] {
  const [old, fresh] = apart(then.values, now.values);
  const [oldInside, freshInside] = apart(then.attributes, now.attributes);
  return [
    { ...old, ...nested(oldInside) },
    { ...fresh, ...nested(freshInside) },
  ];
}

function apart(a: JsonObject, b: JsonObject): readonly [JsonObject, JsonObject] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const others = names.filter((name) => JSON.stringify(a[name] ?? null) !== JSON.stringify(b[name] ?? null));
  const of = (values: JsonObject): JsonObject =>
    Object.fromEntries(others.map((name): [string, Json] => [name, values[name] ?? null]));
  return [of(a), of(b)];
}

/** Without names, which are those of now; in an order of its own. */
function inOrder({ records, links }: Told) {
  const sorted = (all: readonly object[]) =>
    all
      .map((one) => ({ ...one, name: undefined, relatedName: undefined }))
      .sort((a, b) => (JSON.stringify(a, ORDER) < JSON.stringify(b, ORDER) ? -1 : 1));
  return { records: sorted(records), links: sorted(links) };
}
const ORDER = ["entity", "kind", "key", "related", "scope", "effect"];

describe("what differs", () => {
  let world: World;
  let store: AuditDiff;
  beforeEach(async () => {
    world = await startSyncedWorld();
    store = new AuditDiff(world.database.knex);
  });
  afterEach(() => world.close());

  const now = async (): Promise<string> => (await look(world)).at;
  const between = (from: string, to: string | null = null) => store.between({ source: "acme", from, to, limit: null });
  const BY_UUID = USERS.replace("key: id", "key: uuid");

  /** Has so many people renamed, as `mapping rekey` does. */
  async function rekey(renamed: number, mapping: string): Promise<void> {
    await world.write("mappings/acme/users.yaml", mapping);
    const report = await world.sync({ mode: "rekey", rekey: { stream: "users", expect: renamed } });
    expect(report).toMatchObject({ outcome: "ok", error: null });
  }
  const identify = (...uuids: readonly string[]): void => {
    for (const [index, uuid] of uuids.entries()) world.users[index]!.uuid = uuid;
  };

  test("of somebody renamed meanwhile is told as of one person, by the key that they have now", async () => {
    const start = await now();
    world.users[0]!.name = "Anna";
    await world.sync();
    identify("a1", "b2", "c3");
    await rekey(3, BY_UUID);
    const renamed = await now();
    world.users[0]!.roles = ["r2"];
    world.users[1]!.name = "Robert";
    await world.sync();
    const keyOnly = (old: string, key: string) => ({
      kind: "changed",
      key,
      old: { key: old },
      new: { key },
    });
    expect(await between(start, renamed)).toMatchObject({
      records: [
        {
          key: "a1",
          old: { key: "u1", display_name: "Ann" },
          new: { key: "a1", display_name: "Anna" },
        },
        keyOnly("u2", "b2"),
        keyOnly("u3", "c3"),
      ],
      links: [],
    });
    // Granted under the old key, and revoked under the new one.
    expect(await between(start)).toMatchObject({
      records: [{ key: "a1" }, { key: "b2", old: { key: "u2", display_name: "Bob" } }, { key: "c3" }],
      links: [
        {
          kind: "user_roles",
          key: "a1",
          name: "Anna",
          related: "r1",
          relatedName: "Admin",
          effect: "lost",
        },
      ],
    });
    expect(await between(renamed)).toMatchObject({
      recordsTotal: 1,
      linksTotal: 1,
    });
    await rekey(3, USERS);
    const told = await between(start);
    expect(told.records.map(({ key, old }) => [key, old])).toEqual([
      ["u1", { display_name: "Ann" }],
      ["u2", { display_name: "Bob" }],
    ]);
    expect(told.links).toMatchObject([{ key: "u1", related: "r1", effect: "lost" }]);
  });

  test("of two who swapped their keys, each is who they were", async () => {
    const start = await now();
    identify("u2", "u1", "u3");
    await rekey(2, BY_UUID);
    world.users[0]!.roles = [];
    await world.sync();
    const told = await between(start);
    expect(told.records).toMatchObject([
      { key: "u1", name: "Bob", old: { key: "u2" }, new: { key: "u1" } },
      { key: "u2", name: "Ann", old: { key: "u1" }, new: { key: "u2" } },
    ]);
    expect(told.links.map(({ key, related, effect }) => [key, related, effect])).toEqual([
      ["u2", "r1", "lost"],
      ["u2", "r2", "lost"],
    ]);
  });

  test("is not what went there and back: a field, a link, a person", async () => {
    const start = await now();
    Object.assign(world.users[0]!, {
      name: "Anna",
      roles: ["r1"],
      department: "IT",
    });
    const [bob] = world.users.splice(1, 1);
    await world.sync({ full: true });
    await world.sync({ full: true });
    const middle = await now();
    expect(await between(start, middle)).toMatchObject({
      records: [
        {
          kind: "changed",
          key: "u1",
          new: { display_name: "Anna", attributes: { department: "IT" } },
        },
        { kind: "removed", key: "u2", name: "Bob", old: null, new: null },
      ],
      links: [
        { key: "u1", related: "r2", effect: "lost" },
        { key: "u2", related: "r2", effect: "lost" },
        { key: "u2", related: "o2", kind: "user_orgs", effect: "lost" },
      ],
    });
    Object.assign(world.users[0]!, {
      name: "Ann",
      roles: ["r1", "r2"],
      department: undefined,
    });
    world.users.push({ ...bob!, name: "Robert" });
    world.users.push({ id: "u9", login: "eve", state: "on" });
    await world.sync();
    world.users.pop();
    await world.sync({ full: true });
    await world.sync({ full: true });
    expect(await between(start)).toMatchObject({
      records: [
        {
          kind: "changed",
          key: "u2",
          old: { display_name: "Bob" },
          new: { display_name: "Robert" },
        },
      ],
      links: [],
      note: null,
    });
    expect((await between(middle)).records).toMatchObject([
      { kind: "changed", key: "u1", old: { display_name: "Anna" } },
      {
        kind: "restored",
        key: "u2",
        old: { display_name: "Bob" },
        new: { display_name: "Robert" },
      },
    ]);
  });

  test("is not a role that one origin takes while another one gives it", async () => {
    const grants = new GrantStore(world.database);
    const by = { by: "ops@desk", reason: "stands in" };
    const start = await now();
    const given = await grants.grant({
      source: "acme",
      user: "u2",
      role: "r2",
      org: null,
      until: null,
      ...by,
    });
    world.users[1]!.roles = [{ role: "r1", org: "o1" }];
    await world.sync();
    const middle = await now();
    const gained = { key: "u2", related: "r1", scope: "o1", effect: "gained" };
    expect((await between(start, middle)).links).toMatchObject([gained]);
    await grants.revoke({ source: "acme", id: given.id, ...by });
    const lost = { key: "u2", related: "r2", scope: null, effect: "lost" };
    expect((await between(middle)).links).toMatchObject([lost]);
    expect((await between(start)).links).toMatchObject([lost, gained]);
  });

  test("is a role whose time is over as well, also before that is written down", async () => {
    const grants = new GrantStore(world.database);
    const audit = new AuditStore(world.database.knex);
    const before = await now();
    const { id } = await grants.grant({
      source: "acme",
      user: "u2",
      role: "r1",
      org: "o1",
      until: LATER,
      by: "ops@desk",
      reason: "stands in",
    });
    const given = await now();
    await letExpire(world, id);
    const over = await now();
    const told = async () => [
      (await audit.who("acme", "r1", null)).holders.map(({ key }) => key),
      (await between(given)).links,
      (await between(before)).links,
      (await between(over)).links,
      (await between(before, given)).links,
    ];
    const link = { kind: "user_roles", key: "u2", name: "Bob", related: "r1", relatedName: "Admin", scope: "o1" };
    const unwritten = await told();
    expect(unwritten).toEqual([["u1"], [{ ...link, effect: "lost" }], [], [], [{ ...link, effect: "gained" }]]);
    await grants.expire();
    expect(await told()).toEqual(unwritten);
  });

  test("is a role that is held again after its time was over, before that is written down", async () => {
    const grants = new GrantStore(world.database);
    const by = { by: "ops@desk", reason: "stands in" };
    // Nobody has this key yet.
    world.users[1]!.roles = ["r2", "admin"];
    await world.sync();
    const { id } = await grants.grant({ source: "acme", user: "u2", role: "r1", org: null, until: LATER, ...by });
    const given = await now();
    await letExpire(world, id);
    const over = await now();
    world.roles = world.roles.map((role) => ({ ...role, code: role.id === "r1" ? "admin" : "reader" }));
    await world.write("mappings/acme/roles.yaml", "into: roles\nkey: code\nfields:\n  name: name\n");
    const report = await world.sync({ mode: "rekey", rekey: { stream: "roles", expect: 2 } });
    expect(report).toMatchObject({ outcome: "ok", error: null });
    const told = async () => [(await between(over)).links, (await between(given)).links];
    const unwritten = await told();
    expect(unwritten).toMatchObject([[{ key: "u2", related: "admin", effect: "gained" }], []]);
    await grants.expire();
    expect(await told()).toEqual(unwritten);
  });

  test("at two moments that are past stays as it was, whoever of those who were gone then returns and leaves again", async () => {
    const ends = async (state: string): Promise<void> => {
      world.users[1]!.state = state;
      expect(await world.sync({ full: true })).toMatchObject({ outcome: "ok" });
    };
    await ends("purged");
    const gone = await now();
    identify("a1", "b2", "c3");
    await rekey(3, BY_UUID);
    await rekey(3, USERS);
    identify("x1", "y2", "z3");
    await rekey(3, BY_UUID);
    const renamed = await now();
    const told = async () => (await between(gone, renamed)).records.map(({ key, kind }) => [key, kind]);
    const then = [
      ["x1", "changed"],
      ["z3", "changed"],
    ];
    expect(await told()).toEqual(then);
    await ends("on");
    expect(await told()).toEqual(then);
    const returned = await now();
    expect((await between(gone, returned)).records).toMatchObject([
      { key: "x1", kind: "changed" },
      { key: "z3", kind: "changed" },
      { key: "y2", kind: "restored", old: { key: "u2" }, new: { key: "y2" } },
    ]);
    await ends("purged");
    expect(await told()).toEqual(then);
    // Who lived then is told of, also when they are gone now.
    world.users[0]!.state = "purged";
    await world.sync({ full: true });
    expect(await told()).toEqual(then);
    await world.sql("delete from mirror.users where tombstoned_at is not null");
    expect(await told()).toEqual(then);
    // As after a retention, which keeps what is told of those who lived.
    await rewriteAudit(world.database, `delete from audit.entries where key = 'u2' and at <= '${gone}'`);
    expect(await told()).toEqual(then);
  });

  test("is asked of what the audit can tell", async () => {
    const start = await now();
    const [{ at: begins } = { at: "" }] = await world.sql<{ at: string }>("select min(at) as at from audit.entries");
    await expect(between(new Date(Date.parse(begins) - 1).toISOString())).rejects.toMatchObject({
      code: "USE005",
      fix: `ask about then or later: --from ${begins}`,
    });
    await expect(between(start, "2999-01-01T00:00:00.000Z")).rejects.toMatchObject({
      code: "USE005",
      fix: "leave out --to to ask about now",
    });
    await expect(between("2999-01-01T00:00:00.000Z")).rejects.toMatchObject({
      code: "USE005",
      fix: "give a --from that is past",
    });
    await expect(store.between({ source: "globex", from: start, to: null, limit: null })).rejects.toMatchObject({
      code: "USE005",
    });
    const nothing = { records: [], recordsTotal: 0, links: [], linksTotal: 0, note: null };
    expect(await between(start)).toMatchObject(nothing);
    const noteAfter = async (sql: string) => {
      await world.sql(`update sync.sources set ${sql}`);
      return (await between(start)).note;
    };
    expect(await noteAfter("retired_at = now()")).toContain("was retired at");
    expect(await noteAfter("first_complete_at = now()")).toContain("was first read completely at");
    expect(await noteAfter("first_complete_at = null")).toContain("was never read completely");
  });

  test("is counted where it is not listed", async () => {
    const start = await now();
    for (let n = 10; n < 40; n += 1)
      world.users.push({
        id: `u${n}`,
        login: `user${n}`,
        state: "on",
        roles: ["r2"],
      });
    await world.sync();
    const told = await store.between({
      source: "acme",
      from: start,
      to: null,
      limit: 5,
    });
    expect([told.records.length, told.recordsTotal, told.links.length, told.linksTotal]).toEqual([5, 30, 5, 30]);
    expect(told.records[0]).toEqual({
      entity: "users",
      key: "u10",
      name: "user10",
      kind: "created",
      old: null,
      new: { username: "user10", status: "active" },
    });
  });
});

test("is told as a plan tells it, with what is personal masked", async () => {
  const world = await startWorld();
  const env = { DATABASE_URL: world.databaseUrl };
  const said = (...argv: readonly string[]) =>
    realCommand(world.home, ["audit", "diff", "--source", "acme", ...argv], {
      env,
    });
  try {
    await world.write("mappings/acme/users.yaml", USERS.replace("name: name", "name: { from: name, pii: true }"));
    await world.sync();
    const { at } = await look(world);
    Object.assign(world.users[0]!, {
      name: "Anna, or Ann",
      email: "ann@example.com",
      roles: ["r1"],
    });
    world.roles[1]!.permissions = [];
    world.users.push({
      id: "u4",
      login: "dora",
      state: "on",
      name: "Dora",
      roles: [{ role: "r1", org: "o1" }],
    });
    await world.sync();
    const { out, err, exitCode } = await said("--from", at);
    expect({ err, exitCode }).toEqual({ err: "", exitCode: 0 });
    expect(out.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "TIME")).toMatchInlineSnapshot(`
     "acme  from TIME UTC to TIME UTC

     access: 3 changes
       A…, o… A… (u1)
         - loses role Reader (r2)
       everybody with role Reader (r2)
         - loses permission read (p1)
       D… (u4)
         + gains role Admin (r1) in o1

     records: 2 changes
       update     users A…, o… A… (u1)
                    email: (none) -> "a…@e….c…"
                    display_name: "A…" -> "A…, o… A…"
       create     users D… (u4)
     "
    `);
    const csv = (await said("--from", at, "-o", "csv")).out.split("\n");
    expect(csv.slice(0, 3)).toEqual([
      "difference,entity,key,name,related,relatedName,scope,old,new",
      expect.stringMatching(/^changed,users,u1,"A…, o… A…",,,,"{/),
      expect.stringMatching(/^created,users,u4,D…,,,,,"{/),
    ]);
    const json = JSON.parse((await said("--from", at, "--json")).out) as DiffAnswer;
    expect(json.records[0]).toMatchObject({
      old: { display_name: "A…" },
      new: { email: "a…@e….c…" },
    });
    expect((await said("--from", at, "--short")).out).toMatch(/access: 3 changes\n\nrecords: 2 changes\n$/);
    const twice = await said("--from", at, "--to", at);
    expect(twice).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining(`there is no time between --from ${at}`),
    });
  } finally {
    await world.close();
  }
});
