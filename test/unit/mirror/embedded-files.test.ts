import { chmod, mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildOnce } from "../../../src/mirror/embedded/build-once";
import { causeIn, fixFor } from "../../../src/mirror/embedded/cause-in-output";
import { mayEnter, unprivilegedAccount } from "../../../src/mirror/embedded/server-account";
import { findServerPackage, prepareBinaries } from "../../../src/mirror/embedded/server-binaries";
import { findServerPlace } from "../../../src/mirror/embedded/server-place";
import { makeTempDir, type TempDir } from "../../support/temp-dir";

let folder: TempDir;
beforeEach(async () => {
  folder = await makeTempDir("files");
});
afterEach(() => folder.remove());

const nobody = { uid: 65534, gid: 65534 };

describe("buildOnce", () => {
  test("of several that build at once one wins, whole, and no draft is left", async () => {
    const target = join(folder.path, "built");
    const build = (name: string) => async (draft: string) => {
      await writeFile(join(draft, "first"), name);
      await writeFile(join(draft, "second"), name);
    };
    await Promise.all(["a", "b", "c"].map((name) => buildOnce(target, build(name))));
    expect(await readdir(folder.path)).toEqual(["built"]);
    expect(await readFile(join(target, "first"), "utf8")).toBe(await readFile(join(target, "second"), "utf8"));
  });

  test("a build that fails leaves nothing", async () => {
    const target = join(folder.path, "built");
    const failing = buildOnce(target, async (draft) => {
      await writeFile(join(draft, "first"), "");
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await readdir(folder.path)).toEqual([]);
  });
});

test("a file in the place of the folder is told, with what to do", async () => {
  await writeFile(join(folder.path, ".understudy"), "");
  await expect(findServerPlace(folder.path)).rejects.toMatchObject({
    code: "DB006",
    message: expect.stringMatching(/cannot use .*\.understudy: a file is in the way$/),
    fix: "remove or rename that file, or set DATABASE_URL to a PostgreSQL server",
  });
});

describe("what a server that ended tells of the cause", () => {
  const stamp = (line: string, n: number) => `2026-11-29 10:21:2${n}.279 UTC [1868${n}] ${line}`;
  const attempt = (n: number) =>
    [
      "LOG:  starting PostgreSQL 18.4 on x86_64-pc-linux-gnu, 64-bit",
      'LOG:  listening on Unix socket "/run/postgres/.s.PGSQL.5432"',
      "LOG:  database system was interrupted while in recovery at 2026-11-29 10:21:23 UTC",
      "HINT:  This probably means that some data is corrupted and you will have to use the last backup for recovery.",
      "FATAL:  the database system is starting up",
      "LOG:  database system was not properly shut down; automatic recovery in progress",
      "LOG:  redo starts at 0/1B81A80",
      "FATAL:  the database system is not yet accepting connections",
      "DETAIL:  Consistent recovery state has not been yet reached.",
      `FATAL:  could not write to file "pg_wal/xlogtemp.1868${n}": No space left on device`,
      `LOG:  startup process (PID 1868${n}) exited with exit code 1`,
      "LOG:  terminating any other active server processes",
      "LOG:  shutting down due to startup process failure",
      "LOG:  database system is shut down",
    ].map((line) => stamp(line, n));
  const log = (lines: readonly string[]) =>
    [...lines, "keeper: PostgreSQL ended each time it was started", ""].join("\n");

  test("a full disk, once, with what to do", () => {
    const output = log([1, 2, 3].flatMap(attempt));
    expect(causeIn(output)).toBe('FATAL:  could not write to file "pg_wal/xlogtemp.18683": No space left on device');
    expect(fixFor(output)).toMatch(/^free some space/);
  });

  test("what is grave comes first, with its hint, and what was said before it after it", () => {
    const lines = [
      "LOG:  invalid checkpoint record",
      "PANIC:  could not locate a valid checkpoint record",
      "HINT:  restore",
    ];
    const output = log(lines.map(stamp));
    expect(causeIn(output)).toBe(
      "PANIC:  could not locate a valid checkpoint record; HINT:  restore | LOG:  invalid checkpoint record",
    );
    expect(fixFor(output)).toMatch(/^remove the cause/);
  });

  test("what is ordinary is told where there is nothing else", () => {
    expect(causeIn(log([]))).toBe("keeper: PostgreSQL ended each time it was started");
    expect(causeIn("\n")).toBe("no message");
  });
});

describe("accounts", () => {
  test("the first known account of /etc/passwd that is not root", async () => {
    const passwd = join(folder.path, "passwd");
    await writeFile(
      passwd,
      "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\npostgres:x:0:0::/:/bin/sh\n",
    );
    expect(await unprivilegedAccount(passwd)).toEqual(nobody);
    expect(await unprivilegedAccount(join(folder.path, "missing"))).toBeNull();
  });

  test("one closed folder above is enough to be kept out", async () => {
    const inner = join(folder.path, "outer", "inner");
    await mkdir(inner, { recursive: true });
    await chmod(join(folder.path, "outer"), 0o755);
    await chmod(inner, 0o755);
    expect(await mayEnter(nobody, inner)).toBe(true);
    await chmod(join(folder.path, "outer"), 0o700);
    expect(await mayEnter(nobody, inner)).toBe(process.getuid?.() === nobody.uid);
  });
});

describe("binaries", () => {
  const place = (account: { uid: number; gid: number } | null) => ({
    directory: folder.path,
    cluster: "",
    dataDirectory: "",
    passwordFile: "",
    logFile: "",
    socketDirectory: "",
    account,
  });

  async function fakePackage(): Promise<{ native: string; version: string }> {
    const native = join(folder.path, "package", "native");
    for (const part of ["bin", "lib"]) await mkdir(join(native, part), { recursive: true });
    await writeFile(join(native, "bin", "postgres"), "", { mode: 0o700 });
    await writeFile(join(native, "lib", "libpq.so.5.18"), "", { mode: 0o600 });
    const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
    await writeFile(join(native, "pg-symlinks.json"), JSON.stringify(links));
    return { native, version: "18.4" };
  }

  test("library links that npm left out are made in place", async () => {
    const fake = await fakePackage();
    expect(await prepareBinaries(place(null), fake)).toBe(fake.native);
    expect(await prepareBinaries(place(null), fake)).toBe(fake.native);
    expect(await readlink(join(fake.native, "lib", "libpq.so.5"))).toBe("libpq.so.5.18");
  });

  test("binaries closed to the server's account are copied once, open to it", async () => {
    const fake = await fakePackage();
    const copy = await prepareBinaries(place(nobody), fake);
    expect(copy).toBe(join(folder.path, "runtime-18.4"));
    expect(await prepareBinaries(place(nobody), fake)).toBe(copy);
    expect(await readlink(join(copy, "lib", "libpq.so.5"))).toBe("libpq.so.5.18");
    expect((await stat(join(copy, "bin", "postgres"))).mode & 0o777).toBe(0o755);
  });

  test("the package of this system is installed", async () => {
    const { native, version } = await findServerPackage();
    expect(version).toMatch(/^\d+\./);
    expect(await readdir(join(native, "bin"))).toContain("postgres");
  });
});
