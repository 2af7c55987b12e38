/** Of somebody's roles, what two moments differ in: whoever stated them, and for how long. */
import { AuditStore } from "../../src/mirror/audit-store";
import { GrantStore } from "../../src/mirror/login/grant-store";
import { type DiffWorld, startDiffWorld } from "../support/diff-world";
import { letExpire } from "../support/let-expire";

const LATER = "2999-01-01T00:00:00.000Z";

describe("what differs", () => {
  let { world, now, between, close } = {} as DiffWorld;
  beforeEach(async () => {
    ({ world, now, between, close } = await startDiffWorld());
  });
  afterEach(() => close());

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
    const link = {
      kind: "user_roles",
      key: "u2",
      name: "Bob",
      calledBy: "display_name",
      related: "r1",
      relatedName: "Admin",
      scope: "o1",
    };
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
});
