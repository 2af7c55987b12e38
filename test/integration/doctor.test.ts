import { hkdfSync } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { silentLog } from "../../src/domain/log";
import { createKeyRing } from "../../src/login/tokens/key-ring";
import { SigningKeyStore } from "../../src/mirror/api/signing-key-store";
/** `doctor` about customers' systems and the database, by the real command. */
import { realCommand } from "../support/real-command";
import { JOB, startWorld, type World } from "../support/world";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const doctor = async (about = /credentials/, more: NodeJS.ProcessEnv = {}) => {
  const env = { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url, ...more };
  const { exitCode, out } = await realCommand(world.home, ["doctor"], { env, together: true });
  return { exitCode, told: out.split("\n").filter((line) => about.test(line)) };
};

test("each is asked for one page, and for nothing that it need not tell", async () => {
  expect(await doctor()).toEqual({ exitCode: 0, told: ["ok       credentials  acme answers"] });
  expect(world.upstream.requests.map(({ path }) => path)).toEqual(["/orgs"]);
});

test("credentials that are refused are an error, a system that is away is none of ours", async () => {
  world.upstream.on("/orgs", () => ({ status: 401 }));
  const refused = await doctor();
  expect(refused.exitCode).toBe(4);
  expect(refused.told[0]).toMatch(/^error {4}credentials {2}acme: .*\b401\b/);
  world.upstream.on("/orgs", () => ({ status: 503 }));
  const away = await doctor();
  expect(away.exitCode).toBe(0);
  expect(away.told[0]).toMatch(/^warning {2}credentials {2}acme: .*\b503\b/);
  // Once each, for a doctor tells what is at this moment.
  expect(world.upstream.requests).toHaveLength(2);
});

test("a source with mistakes in its files is not asked", async () => {
  await world.write("jobs/acme.yaml", JOB.replace("get: /users", "gett: /users"));
  expect(await doctor()).toEqual({ exitCode: 3, told: [] });
});

test("slots that were decided by a clock which was set back are a warning", async () => {
  await world.sql("insert into sync.schedules values ('acme', now() + interval '30 seconds', '{}')");
  expect((await doctor(/slots/)).told).toEqual([]);
  await world.sql("update sync.schedules set settled_until = now() + interval '30 days'");
  const { exitCode, told } = await doctor(/slots/);
  expect(exitCode).toBe(0);
  expect(told[0]).toMatch(
    /^warning {2}slots {8}those of acme are decided until .*, by a clock that was set back since/,
  );
});

test("those of a source that has no job file any more are none: no scheduler would decide them", async () => {
  await world.sql("insert into sync.schedules values ('gone', now() + interval '30 days', '{}')");
  expect((await doctor(/slots/)).told).toEqual([]);
});

test("a database that cannot be written to is an error", async () => {
  const name = new URL(world.databaseUrl).pathname.slice(1);
  await world.database.knex.raw(`alter database "${name}" set default_transaction_read_only = on`);
  const { exitCode, told } = await doctor(/database/);
  expect(exitCode).toBe(8);
  expect(told[0]).toMatch(/^error {4}database {5}.*: it is read-only$/);
});

test("a signing key that no pepper opens is a warning, with how long it is believed; an opened one is none", async () => {
  const pepper = "a pepper of thirty-two characters";
  const secret = new Uint8Array(hkdfSync("sha256", pepper, "understudy", "signing-keys", 32));
  await createKeyRing({
    keys: new SigningKeyStore(world.database),
    secrets: [secret],
    lifetime: 43_200,
    clock: Date.now,
    log: silentLog,
  }).signing();
  await world.sql("update login.signing_keys set signs_from = '2026-11-01T12:00:00Z'");
  const { exitCode, told } = await doctor(/signing key/);
  expect(exitCode).toBe(0);
  expect(told).toEqual([
    expect.stringMatching(/^warning {2}signing key {2}no pepper here opens \S+: .* until 2026-12-03 12:00:00 UTC$/),
  ]);
  expect(existsSync(join(world.home, ".understudy", "pepper"))).toBe(false);
  const rotated = { LOGIN_PEPPER: "another one of thirty-two letters", LOGIN_PEPPER_PREVIOUS: pepper };
  expect((await doctor(/signing key/, rotated)).told).toEqual([]);
});
