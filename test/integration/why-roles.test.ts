/** Why somebody has the roles that they have: who states them, and what the latest change did. */
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { startWhyWorld, type WhyWorld } from "../support/why-world";
import { JOB } from "../support/world";

let { world, app, edit, why, close } = {} as WhyWorld;
beforeEach(async () => {
  ({ world, app, edit, why, close } = await startWhyWorld());
});
afterEach(() => close());

test("a list: who states it, what the latest run changed of it", async () => {
  await edit();
  await world.sync();
  world.users[0]!.roles = ["r2", { role: "r1", org: "o2" }];
  await world.sync();
  const roles = await why("roles");
  expect(roles).toMatchObject({
    value: ["r2", { role: "r1", org: "o2" }],
    origins: [{ origin: "users.roles", items: ["r2", { role: "r1", org: "o2" }] }],
    change: { run: 2, cause: "upstream", before: ["r1", "r2"] },
    otherwise: null,
  });
  expect(await why("orgs")).toMatchObject({ value: ["o2"], change: { run: 1 } });
  expect(await why("roles", { key: "u3" })).toMatchObject({ value: [], change: null, otherwise: null });
});

test("roles given here are told beside those that the customer's system states", async () => {
  await edit();
  await world.sync();
  const grant = { source: "acme", user: "u2", org: null, until: null, by: "ops@desk", reason: "stands in" };
  const { id } = await app.grantRole({ ...grant, role: "r1" });
  expect(await why("roles", { key: "u2" })).toMatchObject({
    value: ["r1", "r2"],
    origins: [
      { origin: "users.roles", items: ["r2"] },
      { origin: "local", items: ["r1"] },
    ],
    change: { kind: "grant", cause: "local", actor: "ops@desk", before: ["r2"] },
    otherwise: null,
  });
  await app.grantRole({ ...grant, role: "r1", org: "o2" });
  await app.revokeGrant({ source: "acme", id, by: "ops@desk", reason: "is back" });
  expect(await why("roles", { key: "u2" })).toMatchObject({
    value: ["r2", { role: "r1", org: "o2" }],
    change: { kind: "revoke", reason: "is back", before: ["r1", "r2", { role: "r1", org: "o2" }] },
  });
});

describe("a role that several state was held before the latest change", () => {
  let members: Record<string, string[]>;
  const job = (stream: string, each: "roles" | "orgs") =>
    world.write(
      "jobs/acme.yaml",
      `${JOB}  ${stream}: { each: ${each}, get: "/${each}/{parent.id}/members", records: items, deletes: sweep-within-parent }\n`,
    );
  beforeEach(async () => {
    members = {};
    for (const each of ["roles", "orgs"])
      world.upstream.on(`/${each}/{id}/members`, ({ params: { id = "" } }) => ({
        body: { items: (members[id] ?? []).map((user) => ({ user })) },
      }));
    await job("members", "roles");
    await world.write("mappings/acme/members.yaml", "into: user_roles\nfields: { user: user, role: $parent.id }\n");
    await edit();
  });

  const renameMapping = (from: string, to: string) =>
    rename(join(world.home, `mappings/acme/${from}.yaml`), join(world.home, `mappings/acme/${to}.yaml`));

  test("when one more list states it, and when that list is renamed; not who has it of that list alone", async () => {
    await world.sync();
    members = { r1: ["u1", "u2"] };
    await world.sync();
    expect(await why("roles")).toMatchObject({ value: ["r1", "r2"], change: { run: 2, before: ["r1", "r2"] } });
    expect(await why("roles", { key: "u2" })).toMatchObject({ value: ["r1", "r2"], change: { before: ["r2"] } });
    await job("staff", "roles");
    await renameMapping("members", "staff");
    await world.sync();
    expect(await why("roles", { key: "u2" })).toMatchObject({ change: { run: 3, before: ["r1", "r2"] } });
  });

  test("not one that a single list gave, whatever its stream is called by now", async () => {
    await world.sync();
    world.users[1]!.roles = ["r1", "r2"];
    await world.sync();
    await world.write("jobs/acme.yaml", JOB.replace("  users:", "  people:"));
    await renameMapping("users", "people");
    await rm(join(world.home, "mappings/acme/members.yaml"));
    await world.sync();
    expect(await why("roles", { key: "u2" })).toMatchObject({
      origins: [{ origin: "people.roles", items: ["r1", "r2"] }],
      change: { run: 2, before: ["r2"] },
    });
  });

  test("when one list took it over from another", async () => {
    await world.sync();
    members = { r1: ["u1"] };
    world.users[0]!.roles = ["r2"];
    await world.sync();
    expect(await why("roles")).toMatchObject({ value: ["r1", "r2"], change: { run: 2, before: ["r1", "r2"] } });
  });

  test("when all of them lost it", async () => {
    members = { r1: ["u1", "u3"] };
    await world.sync();
    members = { r1: ["u3"] };
    world.users[0]!.roles = ["r2"];
    await world.sync();
    expect(await why("roles")).toMatchObject({ value: ["r2"], change: { run: 2, before: ["r1", "r2"] } });
  });

  test("when two records of one list state it", async () => {
    await job("members", "orgs");
    await world.write(
      "mappings/acme/members.yaml",
      "into: user_roles\nfields: { user: user, role: { default: r1 } }\n",
    );
    members = { o1: ["u3"] };
    await world.sync();
    members = { o1: ["u3"], o2: ["u3"] };
    await world.sync();
    expect(await why("roles", { key: "u3" })).toMatchObject({ value: ["r1"], change: { run: 2, before: ["r1"] } });
  });

  test("when it is given here as well, also once that is over", async () => {
    await world.sync();
    const grant = { source: "acme", user: "u1", role: "r1", org: null, by: "ops@desk", reason: "stands in" };
    await app.grantRole({ ...grant, until: null });
    const told = { value: ["r1", "r2"], change: { cause: "local", before: ["r1", "r2"] } };
    expect(await why("roles")).toMatchObject(told);
    await world.sql("update mirror.local_grants set expires_at = now()");
    expect(await why("roles")).toMatchObject(told);
  });
});

test("what was granted within an organization, under the key it has now", async () => {
  for (const org of world.orgs) Object.assign(org, { code: `x-${org.id}` });
  await edit();
  world.users[0]!.roles = ["r2"];
  await world.sync();
  world.users[0]!.roles = ["r2", { role: "r1", org: "o2" }];
  await world.sync();
  await world.write("mappings/acme/orgs.yaml", "into: orgs\nkey: code\nfields:\n  name: name\n  parent: parent\n");
  await world.sync({ mode: "rekey", rekey: { stream: "orgs", expect: 2 } });
  expect(await why("roles")).toMatchObject({
    value: ["r2", { role: "r1", org: "x-o2" }],
    change: { run: 2, cause: "upstream", before: ["r2"] },
  });
});
