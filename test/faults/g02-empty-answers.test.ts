/**
 * G2: an empty answer removes nothing, whatever form it has and whatever it is about: of an entity that had records, and of a
 * kind of link that was stated. It is held, and the mirror is as it was.
 */
import { chance, isWhole } from "../support/chance";
import { FAULTS, type Fault } from "../support/upstream-faults";
import { JOB, startSyncedWorld, type World } from "../support/world";

const FORMS = ["[]", "{}", "204", "null", "no body"] as const satisfies readonly Fault[];

/** All links are stated by child streams, none by lists. */
const FILES = {
  "jobs/acme.yaml": `${JOB.replace(/ {2}users:.*/s, "")}
  users: { get: /users, records: items, deletes: sweep-now }
  user_roles: { each: roles, get: "/roles/{parent.id}/members", records: items, deletes: sweep-within-parent }
  user_orgs: { each: orgs, get: "/orgs/{parent.id}/members", records: items, deletes: sweep-within-parent }
  role_permissions: { each: roles, get: "/roles/{parent.id}/permissions", records: items, deletes: sweep }
`.replace("page: { number: page, size: limit=50, total: total }, ", ""),
  "mappings/acme/roles.yaml": "into: roles\nkey: id\nfields:\n  name: name\n",
  "mappings/acme/users.yaml":
    "into: users\nkey: id\nfields:\n  username: login\n  status: { from: state, map: { on: active, _: disabled } }\n",
  "mappings/acme/user_roles.yaml": "into: user_roles\nfields:\n  user: id\n  role: $parent.id\n",
  "mappings/acme/user_orgs.yaml": "into: user_orgs\nfields:\n  user: id\n  org: $parent.id\n",
  "mappings/acme/role_permissions.yaml": "into: role_permissions\nfields:\n  role: $parent.id\n  permission: id\n",
};

function serve({ upstream }: World): void {
  const items = (ids: readonly string[]) => ({ body: { items: ids.map((id) => ({ id })) } });
  upstream.on("/roles/{id}/members", ({ params }) => items(params.id === "r1" ? ["u1"] : ["u1", "u2"]));
  upstream.on("/orgs/{id}/members", ({ params }) => items(params.id === "o1" ? ["u3"] : []));
  upstream.on("/roles/{id}/permissions", ({ params }) => items(params.id === "r1" ? ["p1", "p2"] : []));
}

const PATHS = {
  users: "/users",
  roles: "/roles",
  permissions: "/permissions",
  orgs: "/orgs",
  user_roles: "/roles/{id}/members",
  user_orgs: "/orgs/{id}/members",
  role_permissions: "/roles/{id}/permissions",
} as const;

let world: World;
beforeAll(async () => {
  world = await startSyncedWorld(FILES, serve);
});
afterAll(() => world.close());

describe.each(Object.keys(PATHS) as (keyof typeof PATHS)[])("%s", (what) => {
  test.each(isWhole ? FORMS : [chance.one(FORMS)])("%s is held", async (form) => {
    const before = await world.dump();
    const undo = world.upstream.on(PATHS[what], FAULTS[form]);
    const report = await world.sync();
    const again = await world.sync();
    undo();
    for (const told of [report, again]) {
      expect(told).toMatchObject({ outcome: "held", exitCode: 6, error: null });
      expect(told.hold?.evidence).toMatchObject(
        expect.arrayContaining([expect.objectContaining({ entity: what, rule: "empty" })]),
      );
    }
    expect(await world.dump()).toEqual(before);
    expect(await world.sql("select from audit.entries where run >= $1", [report.run])).toEqual([]);
    // When it answers again, nothing waits any more.
    expect(await world.sync()).toMatchObject({ outcome: "ok", hold: null });
    expect(await world.dump()).toEqual(before);
  });
});
