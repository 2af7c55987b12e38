/** What two moments differ in, told by the audit alone, and how `audit diff` says it. */

import type { DiffAnswer } from "../../src/domain/audit";
import { type DiffWorld, startDiffWorld } from "../support/diff-world";
import { look } from "../support/mirror-snapshot";
import { realCommand } from "../support/real-command";
import { rewriteAudit } from "../support/rewrite-audit";
import { startWorld, USERS } from "../support/world";

describe("what differs", () => {
  let { world, now, between, close } = {} as DiffWorld;
  beforeEach(async () => {
    ({ world, now, between, close } = await startDiffWorld());
  });
  afterEach(() => close());

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
    await expect(between(start, null, { source: "globex" })).rejects.toMatchObject({
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
    const told = await between(start, null, { limit: 5 });
    expect([told.records.length, told.recordsTotal, told.links.length, told.linksTotal]).toEqual([5, 30, 5, 30]);
    expect(told.records[0]).toEqual({
      entity: "users",
      key: "u10",
      name: "user10",
      calledBy: "username",
      kind: "created",
      old: null,
      new: { username: "user10", status: "active" },
    });
  });
});

test("`audit diff` tells it as a plan is told, with what is personal masked", async () => {
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
