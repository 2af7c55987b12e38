/** What people are told to enter is entered as it stands: a key of the customer's must be one word of it, and nothing that a shell runs. */
import { execFileSync } from "node:child_process";
import { Failure } from "../../src/domain/errors";
import { IdentityStore } from "../../src/mirror/identity-store";
import { GrantStore } from "../../src/mirror/login/grant-store";
import { RetireStore } from "../../src/mirror/retire-store";
import { erase, trigger } from "../support/erase-person";
import { BY_UUID, edit, name, rekey } from "../support/rekey-users";
import { startSyncedWorld, type World } from "../support/world";

const EVIL = "q; echo 'ran' $(echo it) #`";

let world: World;
beforeAll(async () => {
  world = await startSyncedWorld();
});
afterAll(() => world.close());

/** The words of each command in the advice that a failure gives, as a shell reads them; what else it ran, too. */
async function entered(failing: Promise<unknown>): Promise<readonly (readonly string[])[]> {
  const failure = await failing.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(failure instanceof Failure)) throw new Error(`it did not fail as expected: ${String(failure)}`);
  const shown = execFileSync("sh", ["-c", `understudy() { printf '%s\\n' "$@" .; }; ${commandsIn(failure.fix ?? "")}`]);
  return shown
    .toString()
    .split("\n.\n")
    .filter((one) => one !== "")
    .map((one) => one.split("\n"));
}

const commandsIn = (fix: string): string =>
  fix.slice(fix.indexOf("understudy ")).replaceAll(/; [\w ]+: understudy /g, "; understudy ");

test("who was renamed, to be shown and to be erased", async () => {
  name(world, { u1: EVIL, u2: "b2", u3: "c3" });
  await edit(world, BY_UUID);
  await rekey(world, 3);
  await world.sync();
  expect(await entered(new IdentityStore(world.database.knex).person("acme", "u1"))).toEqual([
    ["show", `user:acme/${EVIL}`],
  ]);
  expect(await entered(erase(world, "u1"))).toEqual([["erase", `acme/${EVIL}`]]);
});

test("who holds a role already", async () => {
  const grants = new GrantStore(world.database);
  const asked = { source: "acme", user: EVIL, role: "r1", org: null, until: null, by: "ops@desk", reason: "x" };
  await grants.grant(asked);
  expect(await entered(grants.grant(asked))).toEqual([
    ["grant", "list", "--source", "acme", "--user", EVIL],
    ["grant", "revoke"],
  ]);
  expect(await entered(grants.grant({ ...asked, user: `${EVIL}2` }))).toEqual([["sync", "acme", "--user", `${EVIL}2`]]);
});

test("whom nobody knows, whose record is rejected, and who is of a retired source", async () => {
  const people = new IdentityStore(world.database.knex);
  expect(await entered(people.person("acme", "a b"))).toEqual([["sync", "acme", "--user", "a b"]]);
  world.users.push({ id: "u9", uuid: "n;9", state: "on" });
  await world.sync();
  expect(await entered(people.person("acme", "n;9"))).toEqual([
    ["explain", "MAP020"],
    ["mapping", "try", "acme/users", "--key", "n;9"],
  ]);
  await new RetireStore(world.database).retire({ source: "acme", expect: 3, file: null, trigger });
  expect(await entered(people.person("acme", EVIL))).toEqual([["audit", "user", `acme/${EVIL}`]]);
});
