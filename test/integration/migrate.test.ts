import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog } from "../../src/domain/log";
import { openDatabase } from "../../src/mirror/database";
import { migrate, pendingMigrations } from "../../src/mirror/migrate";
import { makeTempDir, type TempDir } from "../support/temp-dir";
import { createTestDatabase, type TestDatabase } from "../support/test-database";

let db: TestDatabase;
let folder: TempDir;
beforeEach(async () => {
  [db, folder] = await Promise.all([createTestDatabase(null), makeTempDir("migrations")]);
});
afterEach(() => Promise.all([db.drop(), folder.remove()]));

const put = (name: string, sql: string) => writeFile(join(folder.path, name), sql);
const up = () => migrate(db.database, { directory: folder.path });
const pending = () => pendingMigrations(db.database, { directory: folder.path });

async function putTwo(): Promise<void> {
  await put("0001_first.sql", "create table first (a jsonb); create table log (at text);");
  await put("0002_second.sql", "insert into log select 'second' where '{\"k\": 1}'::jsonb ? 'k';");
}

test("the project's own migrations apply, once, and leave nothing pending", async () => {
  const directory = join(__dirname, "..", "..", "migrations");
  const { applied, version } = await migrate(db.database, { directory });
  expect(applied.length).toBe(Number(version));
  expect(await migrate(db.database, { directory })).toEqual({ applied: [], version });
  expect(await pendingMigrations(db.database, { directory })).toEqual([]);
});

test("files apply in order, and later ones when they come", async () => {
  await putTwo();
  expect(await pending()).toEqual(["0001_first.sql", "0002_second.sql"]);
  expect(await up()).toEqual({ applied: ["0001_first.sql", "0002_second.sql"], version: "0002" });
  await put("0003_third.sql", "insert into log values ('third');");
  expect(await up()).toEqual({ applied: ["0003_third.sql"], version: "0003" });
  const { rows } = await db.database.knex.raw("select at from log");
  expect(rows).toEqual([{ at: "second" }, { at: "third" }]);
});

test("processes that start at once apply each file once", async () => {
  await putTwo();
  const others = await Promise.all(
    [1, 2, 3].map(() => openDatabase({ url: db.url, home: folder.path, log: silentLog })),
  );
  const results = await Promise.all(others.map((other) => migrate(other, { directory: folder.path })));
  expect(results.flatMap(({ applied }) => applied).sort()).toEqual(["0001_first.sql", "0002_second.sql"]);
  await Promise.all(others.map((other) => other.close()));
});

test("a file that fails is named with its line, and leaves nothing behind", async () => {
  await putTwo();
  await put("0003_bad.sql", "create table third (a int);\n\ninsert into nowhere values (1);");
  await expect(up()).rejects.toMatchObject({
    code: "DB009",
    message: expect.stringMatching(/^migrations\/0003_bad\.sql:3:13: relation "nowhere" does not exist; nothing/),
  });
  expect(await pending()).toEqual(["0003_bad.sql"]);
  await put("0003_bad.sql", "create table third (a int);");
  expect((await up()).applied).toEqual(["0003_bad.sql"]);
});

test("a lock that a killed migrator left behind is no obstacle", async () => {
  await putTwo();
  await up();
  await db.database.knex.raw("update sync.migrations_lock set is_locked = 1");
  await put("0003_third.sql", "select 1;");
  expect((await up()).applied).toEqual(["0003_third.sql"]);
});

test("a file that ended its own transaction and then failed is half done", async () => {
  await put("0001_half.sql", "create table half (a int); commit; select 1/0;");
  await expect(up()).rejects.toMatchObject({ code: "DB009" });
  await expect(up()).rejects.toMatchObject({ code: "DB008", message: expect.stringContaining("half done") });
  await expect(pending()).rejects.toMatchObject({ code: "DB008" });
});

describe("what does not match is refused", () => {
  const refusals: readonly [string, (files: TempDir) => Promise<unknown>, RegExp][] = [
    ["an edited file", () => put("0002_second.sql", "select 2;"), /0002_second\.sql was edited/],
    ["a gap", () => put("0004_fourth.sql", "select 4;"), /0004_fourth\.sql: the number expected there is 0003/],
    ["a number twice", () => put("0002_twice.sql", "select 2;"), /0002_twice\.sql: .*the number is taken/],
    ["a name without a number", () => put("third.sql", "select 3;"), /third\.sql: its name does not begin/],
  ];
  test.each(refusals)("%s", async (_, change, message) => {
    await putTwo();
    await up();
    await change(folder);
    await expect(up()).rejects.toMatchObject({ code: "DB008", message: expect.stringMatching(message) });
  });

  test("a database that a newer build migrated", async () => {
    await putTwo();
    await up();
    const older = await makeTempDir("older");
    await writeFile(join(older.path, "0001_first.sql"), "create table first (a jsonb); create table log (at text);");
    const failure = { code: "DB008", message: expect.stringContaining("newer build: it has 0002_second.sql") };
    await expect(migrate(db.database, { directory: older.path })).rejects.toMatchObject(failure);
    await older.remove();
  });

  test("line endings are no edit", async () => {
    await putTwo();
    await put("0003_third.sql", "select 1;\nselect 2;\n");
    await up();
    await put("0003_third.sql", "select 1;\r\nselect 2;\r\n");
    expect((await up()).applied).toEqual([]);
  });
});
