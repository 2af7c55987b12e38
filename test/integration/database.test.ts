import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";
import { Client } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { silentLog } from "../../src/domain/log";
import { type Database, openDatabase } from "../../src/mirror/database";
import { asDatabaseFailure } from "../../src/mirror/database-failure";
import { ask } from "../../src/mirror/login/statement";
import { SESSION_SETTINGS } from "../../src/mirror/session-settings";
import { type Cuttable, startCuttable } from "../support/cuttable";
import { createTestDatabase, type TestDatabase } from "../support/test-database";

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase(null);
});
afterAll(() => db.drop());

const open = (url: string) => openDatabase({ url, home: "/nowhere", log: silentLog });
const changed = (change: (url: URL) => void): string => {
  const url = new URL(db.url);
  change(url);
  return url.toString();
};

test("values arrive as documented, the session is set up, and the pool is shared", async () => {
  const { rows } = await db.database.knex.raw(
    `select 9007199254740991::bigint as safe, 9007199254740993::bigint as beyond, 'infinity'::timestamptz as never,
            '2026-02-03 04:05:06.789+02'::timestamptz as at, '2026-02-03'::date as day, current_setting('TimeZone') as zone`,
  );
  expect(rows).toEqual([
    {
      safe: 9007199254740991,
      beyond: "9007199254740993",
      never: "infinity",
      at: "2026-02-03T02:05:06.789Z",
      day: "2026-02-03",
      zone: "UTC",
    },
  ]);
  expect(Number.parseInt(db.database.serverVersion, 10)).toBeGreaterThanOrEqual(14);
  expect(db.database.where).not.toContain(new URL(db.url).password);
});

test("a time of any year comes back as that of its year", async () => {
  const years = [1, 12, 26, 31, 49, 50, 68, 99, 100, 1969, 9999].map((year) => String(year).padStart(4, "0"));
  const times = years.flatMap((year) =>
    ["01-01T00:00:00.000Z", "11-12T10:09:08.070Z", "12-31T23:59:59.999Z"].map((rest) => `${year}-${rest}`),
  );
  const { rows } = await db.database.knex.raw(
    "select at from unnest(?::timestamptz[]) with ordinality as given (at, place) order by place",
    [times],
  );
  expect(rows.map(({ at }: { at: string }) => at)).toEqual(times);
});

test("microseconds are cut off, and a time that RFC 3339 cannot say comes as Postgres says it", async () => {
  const { rows } = await db.database.knex.raw(
    `select '2026-02-03 04:05:06.9'::timestamptz as tenths, '2026-02-03 04:05:06.789999'::timestamptz as micros,
            '-infinity'::timestamptz as ever, '0044-03-15 00:00:00 BC'::timestamptz as caesar,
            '12026-02-03'::timestamptz as later, null::timestamptz as unknown`,
  );
  expect(rows).toEqual([
    {
      tenths: "2026-02-03T04:05:06.900Z",
      micros: "2026-02-03T04:05:06.789Z",
      ever: "-infinity",
      caesar: "0044-03-15 00:00:00+00 BC",
      later: "12026-02-03 00:00:00+00",
      unknown: null,
    },
  ]);
});

test("what the server, the database or the role sets for sessions changes nothing, for the queue neither", async () => {
  const { database } = db;
  const name = new URL(db.url).pathname.slice(1);
  await database.knex.raw(`alter database "${name}" set datestyle = 'SQL, DMY'`);
  await database.knex.raw(`alter database "${name}" set lock_timeout = '7ms'`);
  const other = await open(db.url);
  const { rows } = await other.knex.raw("select '2026-02-03 04:05:06.789+02'::timestamptz as at");
  const session = new Client(other.poolConfig);
  await session.connect();
  await other.poolConfig.onConnect?.(session);
  const limit = await session.query("show lock_timeout");
  await session.end();
  await other.close();
  await database.knex.raw(`alter database "${name}" reset all`);
  expect([rows, limit.rows]).toEqual([[{ at: "2026-02-03T02:05:06.789Z" }], [{ lock_timeout: "30s" }]]);
});

test("a server too old to know all that a session is set to lives to tell its version", async () => {
  const newer = /idle_session_timeout|client_connection_check_interval/g;
  await db.database.withClient((client) => client.query(SESSION_SETTINGS.replace(newer, "unknown_before_14")));
});

test("a transaction commits, rolls back, and refuses to commit what failed", async () => {
  const { database } = db;
  const count = async () => (await database.knex.raw("select count(*) from t")).rows[0].count;
  await database.transaction((client) => client.query("create table t (a int); insert into t values (1)"));
  await expect(
    database.transaction(async (client) => {
      await client.query("insert into t values (2)");
      throw new Error("changed my mind");
    }),
  ).rejects.toThrow("changed my mind");
  await expect(
    database.transaction(async (client) => {
      await client.query("insert into t values (3)");
      await client.query("select 1/0").catch(() => undefined);
    }),
  ).rejects.toThrow("after one of its statements had failed");
  expect(await count()).toBe(1);
});

test("a connection lost in mid-run is a failure, and the next one is a new one", async () => {
  const lost = db.database.withClient((client) => client.query("select pg_terminate_backend(pg_backend_pid())"));
  await expect(lost).rejects.toMatchObject({ code: "DB001", message: expect.stringContaining("was lost") });
  const alive = await db.database.withClient((client) => client.query("select 1 as alive"));
  expect(alive.rows).toEqual([{ alive: 1 }]);
});

describe("a way to the database that forgets its connections without a word", () => {
  let way: Cuttable;
  let database: Database;
  beforeAll(async () => {
    const { host, port } = new Client({ connectionString: db.url });
    way = await startCuttable(host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : port);
    const url = changed((one) => {
      one.searchParams.delete("host");
      one.hostname = "127.0.0.1";
      one.port = String(way.port);
    });
    database = await openDatabase({ url, home: "/nowhere", log: silentLog, connections: 2, lookEvery: 100 });
  });
  afterAll(async () => {
    await database.close();
    await way.close();
  });
  const look = () => database.withClient((client) => client.query("select"));

  test.each(["the server keeps them", "the server ends them"] as const)(
    "keeps nobody waiting for what was asked there, if %s",
    async (far) => {
      await Promise.all([look(), look()]);
      way.forget(far);
      const lost = await Promise.allSettled([look(), look()]);
      expect(lost).toMatchObject([{ reason: { code: "DB001" } }, { reason: { code: "DB001" } }]);
      await look();
    },
  );

  test("keeps nobody waiting when the server answers no new ones either, whatever was asked", async () => {
    await Promise.all([look(), look()]);
    way.hang();
    const lost = await Promise.allSettled([
      database.knex.raw("select"),
      database.transaction((client) => client.query("select")),
    ]);
    expect(lost.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    for (const one of lost)
      expect(asDatabaseFailure("reason" in one ? one.reason : null)).toMatchObject({ code: "DB001" });
    way.mend();
    await look();
  });

  test("ends no session of a server that others hear from, though it takes no new ones for a while", async () => {
    await Promise.all([look(), look()]);
    way.crowd();
    let isAtWork = true;
    const works = database.knex.raw("select pg_sleep(4)::text as slept").finally(() => {
      isAtWork = false;
    });
    const others = (async () => {
      while (isAtWork) await Promise.all([look(), setTimeout(200)]);
    })();
    try {
      await expect(works).resolves.toMatchObject({ rows: [{ slept: "" }] });
      await others;
    } finally {
      way.mend();
    }
  });

  test("keeps no login waiting either while the server itself hangs", async () => {
    const asked = ask(database, { name: "sleep", text: "select pg_sleep(60)" }, [], 50);
    await expect(asked).rejects.toMatchObject({ code: "DB001", message: expect.stringContaining("does not answer") });
  });

  test("ends no session that the server works for, however long it is silent", async () => {
    const { rows } = await database.knex.raw("select pg_sleep(0.7)::text as slept");
    expect(rows).toEqual([{ slept: "" }]);
  });

  test("ends no session whose answer is read at leisure", async () => {
    const pieces = await database.withClient(async (client) => {
      const copy = client.query(copyTo("copy (select repeat('x', 1000) from generate_series(1, 300)) to stdout"));
      await once(copy, "readable");
      await setTimeout(700);
      return copy.toArray();
    });
    expect(Buffer.concat(pieces)).toHaveLength(300 * 1001);
  });
});

test("a connection is spare while fewer than half are lent, and is another's when it is released", async () => {
  const database = await openDatabase({ url: db.url, home: "/nowhere", log: silentLog, connections: 4 });
  try {
    const first = await database.lendSpare();
    const second = await database.lendSpare();
    expect([first, second]).not.toContain(null);
    expect(await database.lendSpare()).toBeNull();
    second?.release();
    const third = await database.lendSpare();
    expect(third).not.toBeNull();
    third?.release();
    first?.release();
  } finally {
    await database.close();
  }
});

test("closing waits for what was asked before, be it still without a connection, and refuses what is asked then", async () => {
  const database = await openDatabase({ url: db.url, home: "/nowhere", log: silentLog, connections: 2 });
  const by = {
    knex: async () => database.knex.raw("select pg_sleep(0.05)"),
    client: async () => database.withClient((client) => client.query("select pg_sleep(0.05)")),
  };
  const asked = Promise.allSettled([by.knex, by.client, by.knex, by.client, by.knex].map((ask) => ask()));
  await setImmediate();
  const closed = database.close();
  const late = await Promise.allSettled([by.knex(), by.client()]);
  expect(late).toMatchObject(Array(2).fill({ status: "rejected", reason: { code: "DB001" } }));
  expect((await asked).map(({ status }) => status)).toEqual(Array(5).fill("fulfilled"));
  await closed;
});

test("a failed query does not repeat the values in it", async () => {
  const query = db.database.knex.raw("select ?::int", ["ada@example.com"]);
  await expect(query).rejects.toThrow(/^select \$1::int - /);
});

test.each([
  ["a wrong password", "DB002", () => changed((url) => (url.password = "not-it"))],
  ["a missing database", "DB003", () => changed((url) => (url.pathname = "/no_such_database"))],
  ["a missing socket", "DB001", () => changed((url) => url.searchParams.set("host", "/nowhere"))],
  ["an address that is none", "DB011", () => "postgresql://ada:s3cret@[:::"],
])("%s is %s and never shows the password", async (_, code, url) => {
  const error = await open(url()).then(
    () => null,
    (failure: unknown) => failure,
  );
  expect(error).toMatchObject({ code, exitCode: code === "DB011" ? 3 : 8, fix: expect.any(String) });
  const { password } = new URL(db.url);
  for (const secret of [password, "not-it", "s3cret"]) expect(String(error)).not.toContain(secret);
});

test("a certificate that is not there is named, and not taken for a mistake in the address", async () => {
  const url = changed((one) => one.searchParams.set("sslrootcert", "/nowhere/ca.pem"));
  await expect(open(url)).rejects.toMatchObject({
    code: "DB011",
    message: "DATABASE_URL names a file that cannot be read: /nowhere/ca.pem",
  });
});

test("nobody listening is named with host and port", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const expected = { code: "DB001", message: `the database m at 127.0.0.1:${port}: connection refused` };
  await expect(open(`postgresql://u:p@127.0.0.1:${port}/m`)).rejects.toMatchObject(expected);
});

test.each(["require", "verify-full"])("a server without TLS is named when TLS is asked for by %s", async (mode) => {
  const warn = jest.spyOn(process, "emitWarning");
  // Answers the request for TLS as PostgreSQL does when it has none.
  const server = createServer((socket) => socket.on("error", () => undefined).once("data", () => socket.end("N")));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await expect(open(`postgresql://u:p@127.0.0.1:${port}/m?sslmode=${mode}`)).rejects.toMatchObject({
    code: "DB004",
  });
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
  server.close();
});
