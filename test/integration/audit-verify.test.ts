/** Seals as an operator and an auditor meet them: made by whichever command ends, looked through by `audit verify`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openAdapters } from "../../src/app/open/adapters";
import { sealAudit } from "../../src/app/service/audit-seals";
import { keepDoing } from "../../src/app/service/keep-doing";
import type { SealsAnswer } from "../../src/domain/audit";
import { silentLog } from "../../src/domain/log";
import { eventually } from "../support/eventually";
import { realCommand } from "../support/real-command";
import { rewriteAudit } from "../support/rewrite-audit";
import { startWorld, type World } from "../support/world";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const run = (...argv: readonly string[]) =>
  realCommand(world.home, argv, {
    env: { DATABASE_URL: world.databaseUrl, REDIS_URL: "", UPSTREAM_URL: world.upstream.url },
  });
const verify = async (...more: readonly string[]) => {
  const { exitCode, out } = await run("audit", "verify", "--json", ...more);
  return { exitCode, answer: JSON.parse(out) as SealsAnswer };
};

test("what a command told is sealed when it ends, and who changes it is named with exit code 12", async () => {
  const before = await run("audit", "verify");
  expect(before).toMatchObject({ exitCode: 0, out: "holds  0 entries in 0 seals\n" });

  expect((await run("sync", "acme")).exitCode).toBe(0);
  const [entries] = await world.sql<{ count: number }>("select count(*) from audit.entries");
  expect(await verify()).toMatchObject({
    exitCode: 0,
    answer: { holds: true, entries: entries?.count, unsealed: 0 },
  });
  const granted = await run("grant", "u1", "r1", "--source", "acme", "--reason", "leave cover");
  expect(granted.exitCode).toBe(0);
  const { answer } = await verify();
  expect(answer).toMatchObject({ seals: 2, entries: (entries?.count ?? 0) + 1, head: { seal: 2 } });

  await rewriteAudit(world.database, "update audit.entries set reason = 'none' where origin = 'local'");
  const { exitCode, out } = await run("audit", "verify");
  expect(exitCode).toBe(12);
  expect(out).toMatch(
    /^does not hold {2}\d+ entries in 2 seals: 1 finding\n {2}entry \d+ of seal 2 was edited since: grant user_roles acme\/u1 of /,
  );
  const table = (await run("audit", "verify", "-o", "csv")).out.split("\n");
  expect(table).toEqual([
    "kind,seal,entry,at,change,source,entity,key",
    expect.stringMatching(/^edited,2,\d+,.*,grant,acme,user_roles,u1$/),
    "",
  ]);
});

test("a process that stays seals what others told, again and again", async () => {
  const adapters = openAdapters({ home: world.home, env: { DATABASE_URL: world.databaseUrl }, logLevel: null });
  const stop = new AbortController();
  const sealing = keepDoing(sealAudit(adapters), { interval: 10, signal: stop.signal, log: silentLog });
  const left = () =>
    world.sql("select from audit.entries where id > (select coalesce(max(last_entry), 0) from audit.seals)");
  try {
    for (const seals of [1, 2]) {
      Object.assign(world.users[0]!, { name: `name ${seals}` });
      await world.sync();
      await eventually(left, ({ length }) => length === 0);
      expect((await world.sql("select from audit.seals")).length).toBeGreaterThanOrEqual(seals);
    }
  } finally {
    stop.abort();
    await sealing;
    await adapters.close();
  }
  expect(await verify()).toMatchObject({ exitCode: 0, answer: { holds: true, unsealed: 0 } });
});

test("a seal that was kept tells of a database that was set back", async () => {
  await run("sync", "acme");
  const kept = join(world.home, "seal.json");
  writeFileSync(kept, (await run("audit", "verify", "--json")).out);
  world.users.push({ id: "u9", login: "nina", state: "on" });
  await run("sync", "acme");
  expect((await verify("--against", "seal.json")).exitCode).toBe(0);

  // As a backup brings it back, with other things told since.
  await rewriteAudit(
    world.database,
    "truncate audit.seals, sync.last_seal; delete from audit.entries where key = 'u9'; update audit.entries set actor = 'me'",
  );
  await run("status");
  const { exitCode, out } = await run("audit", "verify", "--against", kept);
  expect(exitCode).toBe(12);
  expect(out).toContain("  seal 1 is not the one that was kept\n");
  expect(readFileSync(kept, "utf8")).toContain('"seal": 1');
});

test.each([
  ["no JSON", "no"],
  ["an answer without a seal", '{"head":null}'],
  ["a hash that is none", '{"head":{"seal":1,"hash":"abc"}}'],
  ["a seal that is no number", `{"head":{"seal":"1","hash":"${"a".repeat(64)}"}}`],
])("a file with %s is refused", async (_, text) => {
  writeFileSync(join(world.home, "seal.json"), text);
  const { exitCode, err } = await run("audit", "verify", "--against", "seal.json");
  expect({ exitCode, err }).toEqual({
    exitCode: 2,
    err: expect.stringContaining("error[USE008]: `seal.json` names no seal"),
  });
});
