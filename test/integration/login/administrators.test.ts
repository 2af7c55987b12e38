/** Local administrators, through the app: let in whatever the customer's system is, and nobody's source. */
import type { App } from "../../../src/domain/app";
import { LoginApp } from "../../support/login-app";
import type { World } from "../../support/world";

let logins: LoginApp;
let world: World;
let app: App;
beforeEach(async () => {
  logins = await LoginApp.start();
  ({ world, app } = logins);
});
afterEach(() => logins.close());

test("a local administrator is let in whatever the customer's system is, and it is nobody's source", async () => {
  const at = (name: string, password: string) =>
    app.login({ source: "local", credential: { kind: "password", login: name, password }, client: { address: null } });
  const request = { name: "root", password: "long enough to stand", roles: ["administrator"], until: null };
  expect(await at("root", request.password)).toEqual({ result: "refused" });
  await app.createAdministrator({ ...request, by: "ops@desk", reason: "emergencies" });
  await expect(app.createAdministrator({ ...request, by: "x", reason: "x" })).rejects.toMatchObject({ code: "USE004" });
  const past = { ...request, name: "past", until: "2026-01-01T00:00:00Z", by: "x", reason: "x" };
  await expect(app.createAdministrator(past)).rejects.toMatchObject({ code: "USE004" });
  expect(await app.auditWho({ source: "local", role: "administrator", at: null })).toMatchObject({
    holders: [{ key: "root" }],
  });
  await expect(app.showSource("local")).rejects.toMatchObject({ code: "USE002" });
  // No job could bring it back, and whoever it holds could sign in no more.
  const trigger = { kind: "cli", by: "ops@desk", reason: null } as const;
  await expect(app.retireSource({ source: "local", expect: 1, trigger })).rejects.toMatchObject({ code: "USE002" });
  logins.customer.status = 503;
  expect(await at("root", request.password)).toMatchObject({
    result: "accepted",
    basis: "mirror",
    upstream: { state: "not-asked" },
    subject: { source: "local", key: "root", roles: [{ key: "administrator" }] },
  });
  expect(await at("root", "long enough to guess")).toEqual({ result: "refused" });
  expect(logins.customer.asked).toBe(0);
  expect(await logins.login("root", request.password)).toEqual({ result: "refused" });
  expect((await app.status()).map(({ source }) => source)).toEqual(["acme"]);
  expect(await app.administrators()).toMatchObject([{ name: "root", lastLogin: expect.stringMatching(/Z$/) }]);
  await app.removeAdministrator({ name: "root", by: "ops@desk", reason: null });
  expect(await at("root", request.password)).toEqual({ result: "refused" });
  const audited = await world.sql("select entity, kind from audit.entries where source = 'local' order by id");
  expect(audited.map(({ entity, kind }) => `${entity} ${kind}`)).toEqual([
    ...["users create", "user_roles grant", "users tombstone", "user_roles revoke"],
  ]);
  // Who was removed may be made anew, with another password.
  await app.createAdministrator({ ...request, password: "another that is long", by: "ops@desk", reason: "again" });
  expect(await at("root", request.password)).toEqual({ result: "refused" });
  expect(await at("root", "another that is long")).toMatchObject({ result: "accepted" });
});

test("an administrator who is made anew begins anew: not locked out, and never let in", async () => {
  const at = (password: string) =>
    app.login({
      source: "local",
      credential: { kind: "password", login: "root", password },
      client: { address: null },
    });
  const request = { name: "root", roles: ["administrator"], until: null, by: "ops@desk", reason: "emergencies" };
  await app.createAdministrator({ ...request, password: "long enough to stand" });
  expect(await at("long enough to stand")).toMatchObject({ result: "accepted" });
  const [before] = await app.administrators();
  for (let i = 0; i < 6; i += 1) await at("a guess by somebody");
  expect(await at("long enough to stand")).toEqual({ result: "refused" });
  await app.removeAdministrator({ name: "root", by: "ops@desk", reason: null });
  await app.createAdministrator({ ...request, password: "another that is long" });
  const [after] = await app.administrators();
  expect(after).toMatchObject({ name: "root", lastLogin: null });
  expect(Date.parse(after!.createdAt)).toBeGreaterThan(Date.parse(before!.createdAt));
  expect(await at("another that is long")).toMatchObject({ result: "accepted" });
});

test("what an administrator was given beside it ends with them, and is nobody's who has the name next", async () => {
  const root = { name: "root", password: "long enough to stand", roles: ["viewer"], until: null, by: "ops@desk" };
  await app.createAdministrator({ ...root, reason: "emergencies", roles: ["administrator"] });
  const grant = { source: "local", user: "root", role: "administrator", org: null, until: null };
  await app.grantRole({ ...grant, by: "ops@desk", reason: "more" });
  await app.removeAdministrator({ name: "root", by: "ops@desk", reason: "has left" });
  const asked = { source: "local", role: "administrator", at: null };
  expect((await app.auditWho(asked)).holders).toEqual([]);
  expect(await app.grants({ source: "local", user: null, all: false })).toEqual([]);
  await app.createAdministrator({ ...root, reason: "again" });
  expect((await app.identity("local", "root")).roles.map(({ key }) => key)).toEqual(["viewer"]);
  expect((await app.auditWho(asked)).holders).toEqual([]);
});
