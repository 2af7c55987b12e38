import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { CreateKeyRequest } from "../../src/domain/api";
import type { ExportedEntry } from "../../src/domain/audit";
import { ApiKeyStore } from "../../src/mirror/api/api-key-store";
import { AuditExport } from "../../src/mirror/audit-export";
import { RetireStore } from "../../src/mirror/retire-store";
import { type RealCommandOptions, realCommand, startCommand } from "../support/real-command";
import { JOB, startWorld, USERS, type World } from "../support/world";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const exported = async (argv: readonly string[] = [], options: RealCommandOptions = {}) =>
  realCommand(world.home, ["audit", "export", ...argv], { ...options, env: { DATABASE_URL: world.databaseUrl } });

const linesOf = (out: string): readonly string[] => out.split("\n").slice(0, -1);
const entriesOf = (out: string) => linesOf(out).map((line) => JSON.parse(line) as ExportedEntry);

/** Many entries, of the same moments and of two months, that no run wrote. */
const writeMany = async (count: number, source = "acme"): Promise<void> => {
  await world.sql(
    "select audit.ensure_month(at::timestamptz) from unnest(array['2026-01-31', '2026-02-01']) as month (at)",
  );
  await world.sql(
    `insert into audit.entries (at, run, source, entity, key, kind, new, cause, actor)
     select timestamptz '2026-01-31T23:59:59.5Z' + make_interval(secs => (n / 7) * 0.001), 0, $2, 'users', 'many' || n, 'create',
            jsonb_build_object('email', 'many' || n || '@example.com', 'username', 'many' || n), 'upstream', 'test'
     from generate_series(1, $1) n`,
    [count, source],
  );
};

const EVERY = "select id from audit.entries order by at, id";
const idsOf = async (query = EVERY) => (await world.sql<{ id: number }>(query)).map(({ id }) => id);

test("holds every entry once, in the order of time and id, over batches and months", async () => {
  await world.sync();
  await writeMany(2_500);
  const { exitCode, out, err } = await exported(["-o", "jsonl"]);
  expect(exitCode).toBe(0);
  const entries = entriesOf(out);
  expect(entries.map(({ id }) => id)).toEqual(await idsOf());
  expect(entries.length).toBeGreaterThan(2_500);
  const [first, last] = [entries[0]?.at.slice(0, 19), entries.at(-1)?.at.slice(0, 19)].map((at) =>
    at?.replace("T", " "),
  );
  expect(err).toMatch(
    new RegExp(
      `^2,5\\d\\d entries, from ${first} UTC to ${last} UTC; as of 20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC\n$`,
    ),
  );
});

test("--since takes a moment in, --until leaves it out, and stretches that follow each other are the whole", async () => {
  await world.sync();
  await writeMany(3_000);
  const middle = "2026-01-31T23:59:59.700Z";
  const before = entriesOf((await exported(["--until", middle, "-o", "jsonl"])).out);
  const after = entriesOf((await exported(["--since", middle, "-o", "jsonl"])).out);
  expect(before.at(-1)?.at).toBe("2026-01-31T23:59:59.699Z");
  expect(after[0]?.at).toBe(middle);
  expect([...before, ...after].map(({ id }) => id)).toEqual(await idsOf());
  const none = await exported(["--since", "2026-03-01", "--until", "2026-03-02", "--source", "acme"]);
  expect(none).toMatchObject({ exitCode: 0, out: "", err: expect.stringMatching(/^no entry of acme; as of /) });
  expect(await exported(["--since", middle, "--until", middle])).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining(`there is no time between --since ${middle} and --until ${middle}`),
  });
  expect(await exported(["--source", "acne"])).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining("did you mean `acme`?"),
  });
});

test("each source is masked by its own mappings, and one that is gone altogether; what is not of people is there, too", async () => {
  await world.write("jobs/beta.yaml", JOB.replace("source: acme", "source: beta"));
  for (const entity of ["orgs", "permissions", "roles"])
    await world.write(`mappings/beta/${entity}.yaml`, `into: ${entity}\nkey: id\nfields:\n  name: name\n`);
  await world.write(
    "mappings/beta/users.yaml",
    USERS.replace("display_name: name", "display_name: { from: name, pii: true }"),
  );
  await world.write("jobs/gone.yaml", JOB.replace("source: acme", "source: gone"));
  for (const entity of ["orgs", "permissions", "roles"])
    await world.write(`mappings/gone/${entity}.yaml`, `into: ${entity}\nkey: id\nfields:\n  name: name\n`);
  await world.write("mappings/gone/users.yaml", USERS);
  world.users[0]!.email = "ann@example.com";
  for (const source of ["acme", "beta", "gone"]) await world.sync({ source });
  await rm(`${world.home}/jobs/gone.yaml`);
  await rm(`${world.home}/mappings/gone`, { recursive: true });
  await new RetireStore(world.database).retire({
    source: "gone",
    file: null,
    expect: 3,
    trigger: { kind: "cli", by: "ops@desk", reason: null },
  });
  const key: CreateKeyRequest = { name: "portal", scopes: ["login"], sources: ["acme"], until: null, by: "ops@desk" };
  await new ApiKeyStore(world.database).create(key, Buffer.from("hash"));
  const { out, exitCode } = await exported(["-o", "jsonl"]);
  expect(exitCode).toBe(0);
  const entries = entriesOf(out);
  const ann = entries.filter(({ entity, key, kind }) => entity === "users" && key === "u1" && kind === "create");
  expect(ann.map(({ source, new: now }) => [source, now?.display_name, now?.email, now?.status])).toEqual([
    ["acme", "Ann", "a…@e….c…", "active"],
    ["beta", "A…", "a…@e….c…", "active"],
    ["gone", "A…", "a…@e….c…", "a…"],
  ]);
  expect(entries.filter(({ entity }) => entity === "sources")).toMatchObject([
    { source: "gone", key: "gone", related: null, kind: "tombstone", cause: "retired" },
  ]);
  expect(entries.map(({ id }) => id)).toEqual(await idsOf());
});

test("is of one moment: what a run writes meanwhile is in the next one", async () => {
  await writeMany(2_500);
  const before = await idsOf();
  const store = new AuditExport(world.database);
  const all = { source: null, since: null, until: null, signal: new AbortController().signal };
  const taken: number[] = [];
  const done = await store.read({
    ...all,
    async take(entries) {
      if (taken.length === 0) await world.sync();
      taken.push(...entries.map(({ id }) => id));
      return true;
    },
  });
  expect(taken).toEqual(before);
  expect((await idsOf()).length).toBeGreaterThan(before.length);
  expect(await idsOf(`select id from audit.entries where at < '${done.asOf}' order by at, id`)).toEqual(before);
});

test("reads no further than it is followed", async () => {
  await writeMany(5_500);
  let [asked, waiting] = [0, 0];
  const store = new AuditExport(world.database);
  const { whole } = await store.read({
    source: "acme",
    since: null,
    until: null,
    signal: new AbortController().signal,
    async take(entries) {
      waiting += 1;
      expect([entries.length <= 1_000, waiting]).toEqual([true, 1]);
      await new Promise(setImmediate);
      waiting -= 1;
      asked += 1;
      return asked < 2;
    },
  });
  expect([whole, asked]).toEqual([false, 2]);
});

describe("what is cut short does not pass for the whole", () => {
  const said = /entries, from|no entry/;

  test("when its reader goes away", async () => {
    await writeMany(20_000);
    const root = join(__dirname, "..", "..");
    const cli = [
      "-r",
      join(root, "test/support/typescript-hook.cjs"),
      "-e",
      "require('./src/cli.ts').main()",
      "--",
      "understudy",
    ];
    const argv = ["-C", world.home, "audit", "export", "-o", "jsonl"];
    const shell = 'set -o pipefail; "$@" | head -n 2';
    const env = { ...process.env, DATABASE_URL: world.databaseUrl };
    const child = spawn("bash", ["-c", shell, "bash", process.execPath, ...cli, ...argv], { cwd: root, env });
    const [out, err, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    expect({ err, exitCode }).toEqual({
      err: "not all of the audit: the output ended before the entries did\n",
      exitCode: 11,
    });
    expect(entriesOf(out)).toHaveLength(2);
  });

  test("when it is interrupted", async () => {
    await writeMany(20_000);
    const env = { DATABASE_URL: world.databaseUrl };
    const running = startCommand(world.home, ["audit", "export", "-o", "jsonl"], { env });
    await running.saying("many1000");
    running.signals.emit("SIGINT");
    const { exitCode, out, err } = await running.ended;
    expect(exitCode).toBe(130);
    expect(err).toContain("error[RUN004]: interrupted; what was exported is not all of it\n");
    expect(err).not.toMatch(said);
    expect(JSON.parse(linesOf(out).at(-1) ?? "")).toMatchObject({ exitCode: 130, error: { code: "RUN004" } });
    expect(linesOf(out).length).toBeLessThan(20_000);
  });

  test("when its database goes away", async () => {
    await writeMany(20_000);
    const env = { DATABASE_URL: world.databaseUrl };
    const running = startCommand(world.home, ["audit", "export", "--json"], { env });
    await running.saying("many1000");
    await world.sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and query like 'fetch %'",
    );
    const { exitCode, out, err } = await running.ended;
    expect(exitCode).toBe(8);
    expect(err).toContain("error[DB001]: ");
    expect(err).not.toMatch(said);
    expect(() => JSON.parse(out)).toThrow();
  });
});
