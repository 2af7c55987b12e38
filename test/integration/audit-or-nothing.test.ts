/** G25: a change and its audit entry commit together or not at all. Where the audit cannot be written, nothing is. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { dumpDatabase } from "../support/dump-database";
import { realCommand } from "../support/real-command";
import { crowd, startWorld, USERS, type World } from "../support/world";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const run = (argv: readonly string[], stdin = "") =>
  realCommand(world.home, argv, {
    env: { DATABASE_URL: world.databaseUrl, REDIS_URL: "", UPSTREAM_URL: world.upstream.url },
    stdin,
  });

/** All that commands and runs change, but for what runs keep of themselves. */
async function said(): Promise<unknown> {
  const dump = await dumpDatabase(world.database);
  return Object.entries(dump).filter(([table]) => /^(mirror|audit|login)\./.test(table));
}

async function breakAudit(): Promise<void> {
  await world.sql(`create function no_audit() returns trigger language plpgsql as $$ begin
    raise exception 'no entry can be written'; end $$`);
  await world.sql("create trigger no_audit before insert on audit.entries for each row execute function no_audit()");
}

interface Case {
  readonly name: string;
  /** What comes before the audit breaks, behind a first run. */
  readonly before?: () => Promise<unknown>;
  readonly argv: readonly string[];
  readonly stdin?: string;
}

const PASSWORD = "correct horse battery staple\n";

const CASES: readonly Case[] = [
  {
    name: "a run that creates, changes, removes and takes roles",
    before: async () => {
      world.users = crowd(40).slice(2);
      Object.assign(world.users[0]!, { name: "Changed", roles: [] });
      world.users.push({ id: "new", login: "new", state: "on" });
    },
    argv: ["sync", "acme"],
  },
  {
    name: "one person",
    before: async () => Object.assign(world.users[3]!, { name: "Changed" }),
    argv: ["sync", "acme", "--user", "u4"],
  },
  {
    name: "a revert",
    before: async () => {
      Object.assign(world.users[0]!, { name: "Changed" });
      await world.sync();
    },
    argv: ["revert", "2", "--expect", "1"],
  },
  {
    name: "a rekey",
    before: async () => {
      for (const person of world.users) person.uuid = `x-${person.id}`;
      await world.write("mappings/acme/users.yaml", USERS.replace("key: id", "key: uuid"));
    },
    argv: ["mapping", "rekey", "acme/users", "--expect", "40"],
  },
  { name: "a grant", argv: ["grant", "u1", "r1", "--source", "acme", "--reason", "leave cover"] },
  {
    name: "the end of a grant",
    before: () => run(["grant", "u1", "r1", "--source", "acme", "--reason", "leave cover"]),
    argv: ["grant", "revoke", "1", "--source", "acme", "--reason", "back"],
  },
  { name: "an administrator", argv: ["admin", "create", "breakglass", "--reason", "emergencies"], stdin: PASSWORD },
  {
    name: "the end of an administrator",
    before: () => run(["admin", "create", "breakglass", "--reason", "emergencies"], PASSWORD),
    argv: ["admin", "remove", "breakglass", "--reason", "over"],
  },
  { name: "a key of the API", argv: ["key", "create", "portal", "--sources", "acme"] },
  {
    name: "the end of a source",
    before: () => rm(join(world.home, "jobs/acme.yaml")),
    argv: ["source", "retire", "acme", "--expect", "40"],
  },
];

test.each(CASES)("$name: nothing is written when its audit cannot be", async ({ before, argv, stdin }) => {
  world.users = crowd(40);
  await world.sync();
  await before?.();
  const then = await said();
  await breakAudit();
  expect((await run(argv, stdin)).exitCode).not.toBe(0);
  expect(await said()).toEqual(then);

  // It was the audit alone that was in the way.
  await world.sql("drop trigger no_audit on audit.entries");
  expect((await run(argv, stdin)).exitCode).toBe(0);
  expect(await said()).not.toEqual(then);
});

test("a first load: nothing is written when its audit cannot be", async () => {
  world.users = crowd(2_100);
  await breakAudit();
  expect((await run(["sync", "acme"])).exitCode).not.toBe(0);
  expect(await world.sql("select from mirror.users")).toEqual([]);
  await world.sql("drop trigger no_audit on audit.entries");
  expect((await run(["sync", "acme"])).exitCode).toBe(0);
  expect(await world.sql("select from mirror.users")).toHaveLength(2_100);
});
