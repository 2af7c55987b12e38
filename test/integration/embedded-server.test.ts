import { access, chmod, chown, cp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { silentLog } from "../../src/domain/log";
import { ensureEmbeddedServer } from "../../src/mirror/embedded/ensure-embedded-server";
import { mayEnter } from "../../src/mirror/embedded/server-account";
import { keepersOf, processesNaming, startEmbeddedUser, until } from "../support/embedded-user";
import { makeTempDir, type TempDir } from "../support/temp-dir";

let home: TempDir;
beforeAll(async () => {
  home = await makeTempDir("embedded");
});
afterAll(async () => {
  // A test that failed must not leave its processes behind.
  for (const pid of await processesNaming(home.path)) killIfThere(pid);
  await home.remove();
});

const use = () => ensureEmbeddedServer({ home: home.path, fsync: false, lingerMs: 300, log: silentLog });
const data = () => join(home.path, ".understudy", "postgres", "cluster", "data");
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Neither server nor keeper nor the socket's folder. */
const nothingLeft = (host: string, dataDir = data()) =>
  until(async () => (await processesNaming(dataDir)).length === 0 && !(await exists(host)), "nothing is left running");

/** One of several that were started may end by itself meanwhile. */
const killKeepers = () =>
  until(async () => {
    const keepers = await keepersOf(data());
    for (const pid of keepers) killIfThere(pid);
    return keepers.length === 0;
  }, "the keeper is gone");

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

test("several commands at once make one server, and nothing is left after them", async () => {
  const users = await Promise.all([1, 2, 3, 4].map(() => startEmbeddedUser(home.path)));
  const hosts = new Set(users.map(({ host }) => host));
  expect(hosts.size).toBe(1);
  await until(async () => (await keepersOf(data())).length === 1, "one keeper is left of those that were started");
  await Promise.all(users.map((user) => user.leave()));
  await nothingLeft(users[0]!.host);
});

test("a command that was killed does not keep the server", async () => {
  const user = await startEmbeddedUser(home.path);
  await user.kill();
  await nothingLeft(user.host);
});

test("a server whose keeper was killed is used again, kept again and ends", async () => {
  const first = await use();
  await until(async () => (await keepersOf(data())).length === 1, "the keeper keeps");
  await killKeepers();
  const second = await use();
  expect(second.reused).toBe(true);
  await until(async () => (await keepersOf(data())).length === 1, "there is a keeper again");
  await first.release();
  await killKeepers();
  await second.release();
  await nothingLeft(second.host);
});

test("a server that was killed under its users comes back where it was", async () => {
  const server = await use();
  const pid = Number.parseInt(await readFile(join(data(), "postmaster.pid"), "utf8"), 10);
  process.kill(pid, "SIGKILL");
  await until(async () => {
    const client = new Client({ ...server });
    client.on("error", () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query("SELECT datname FROM pg_database WHERE datname = 'understudy'");
      return rows.length === 1;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }, "it answers again");
  await server.release();
  await nothingLeft(server.host);
});

test("a folder that is removed while its server runs begins anew", async () => {
  const before = await ensureEmbeddedServer({ home: home.path, fsync: false, lingerMs: 60_000, log: silentLog });
  await before.release();
  await rm(join(home.path, ".understudy"), { recursive: true });
  const server = await use();
  expect(server.reused).toBe(false);
  const client = new Client({ ...server });
  await client.connect();
  expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await client.end();
  await server.release();
  await nothingLeft(server.host);
});

test("the process number of a killed server may have been given to another process", async () => {
  await writeFile(join(data(), "postmaster.pid"), `${process.pid}\n${data()}\n1\n5432\n\n\n\nready\n`);
  const server = await use();
  expect(server.reused).toBe(false);
  await server.release();
  await nothingLeft(server.host);
});

test("a server that cannot start says why", async () => {
  const file = join(data(), "postgresql.conf");
  const conf = await readFile(file, "utf8");
  await writeFile(file, `${conf}\nno_such_setting = 1\n`);
  await expect(use()).rejects.toMatchObject({ code: "DB006", message: expect.stringContaining("no_such_setting") });
  await writeFile(file, conf);
});

test("a server that a full disk keeps from starting says so, and no more than that", async () => {
  const file = join(data(), "postgresql.conf");
  const conf = await readFile(file, "utf8");
  // The words of the system stand in for a disk that nobody can fill here.
  await writeFile(file, `${conf}\ninclude 'No space left on device'\n`);
  await expect(use()).rejects.toMatchObject({
    code: "DB006",
    message: expect.stringMatching(/does not start: (?!.*PostgreSQL ended each time).*No space left on device/),
    fix: expect.stringMatching(/^free some space \(about 200 MB .*server\.log$/),
  });
  await writeFile(file, conf);
});

test("data of another major version is refused", async () => {
  const file = join(data(), "PG_VERSION");
  const version = await readFile(file, "utf8");
  await writeFile(file, "13\n");
  await expect(use()).rejects.toMatchObject({ code: "DB007", message: expect.stringContaining("PostgreSQL 13") });
  await writeFile(file, version);
});

test("a folder that does not exist is refused", async () => {
  const missing = join(home.path, "missing");
  await expect(ensureEmbeddedServer({ home: missing, log: silentLog })).rejects.toMatchObject({ code: "DB006" });
});

const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot("root works in a folder that is closed to the server's account", async () => {
  const closed = await makeTempDir("closed");
  const places = new Set<string>();
  try {
    await chmod(closed.path, 0o700);
    const first = await startEmbeddedUser(closed.path);
    places.add(dirname(dirname(first.dataDir)));
    expect(first.dataDir).toMatch(/^\/var\/lib\/understudy\//);
    await first.leave();

    const moved = `${closed.path}-moved`;
    await rename(closed.path, moved);
    const same = await startEmbeddedUser(moved);
    expect(same.dataDir).toBe(first.dataDir);
    await same.leave();

    await cp(moved, closed.path, { recursive: true });
    const copy = await startEmbeddedUser(closed.path);
    places.add(dirname(dirname(copy.dataDir)));
    expect(copy.dataDir).not.toBe(first.dataDir);
    await copy.leave();
    await nothingLeft(first.host, first.dataDir);
    await nothingLeft(copy.host, copy.dataDir);
    await rm(moved, { recursive: true });
  } finally {
    await closed.remove();
    for (const place of places) await rm(place, { recursive: true, force: true });
  }
});

asRoot("a folder that root copied is given to the server's account, unless a part is somebody else's", async () => {
  const original = await makeTempDir("original");
  const copy = await makeTempDir("copy");
  const somebody = 12_345;
  try {
    for (const { path } of [original, copy]) await chmod(path, 0o755);
    const first = await startEmbeddedUser(original.path);
    await first.leave();
    await nothingLeft(first.host, first.dataDir);

    await cp(original.path, copy.path, { recursive: true });
    const cluster = join(copy.path, ".understudy", "postgres", "cluster");
    expect((await stat(join(cluster, "data"))).uid).toBe(0);
    const foreign = join(cluster, "data", "PG_VERSION");
    await chown(foreign, somebody, somebody);
    await expect(startEmbeddedUser(copy.path)).rejects.toMatchObject({
      code: "DB006",
      message: expect.stringContaining(`${foreign} is of user ${somebody}`),
      fix: expect.stringContaining(`chown -R ${somebody}:${somebody} ${cluster};`),
    });
    expect([(await stat(cluster)).uid, (await stat(foreign)).uid]).toEqual([0, somebody]);

    await chown(foreign, 0, 0);
    const second = await startEmbeddedUser(copy.path);
    expect((await stat(foreign)).uid).toBe((await stat(first.dataDir)).uid);
    await second.leave();
    await nothingLeft(second.host, second.dataDir);

    await chown(join(cluster, "data"), 0, 0);
    const { uid, gid } = await stat(cluster);
    await expect(startEmbeddedUser(copy.path)).rejects.toMatchObject({
      code: "DB006",
      fix: expect.stringContaining(`chown -R ${uid}:${gid} ${cluster};`),
    });
  } finally {
    await original.remove();
    await copy.remove();
  }
});

asRoot("an ordinary user works in a closed folder of his own", async () => {
  const nobody = { uid: 65534, gid: 65534 };
  for (const needed of [__dirname, dirname(process.execPath)]) {
    if (await mayEnter(nobody, needed)) continue;
    process.stderr.write(`Not tested as an ordinary user: ${needed} is closed to others\n`);
    return;
  }
  const own = await makeTempDir("own");
  try {
    await chown(own.path, nobody.uid, nobody.gid);
    await chmod(own.path, 0o700);
    const user = await startEmbeddedUser(own.path, nobody.uid);
    expect(user.dataDir.startsWith(own.path)).toBe(true);
    expect((await stat(user.dataDir)).uid).toBe(nobody.uid);
    await user.leave();
    await nothingLeft(user.host, user.dataDir);
  } finally {
    await own.remove();
  }
});
