import { Failure } from "../../../src/domain/errors";
import { asDatabaseFailure, isPassing, withDatabaseFailures } from "../../../src/mirror/database-failure";

const withCode = (code: string, message = "") => Object.assign(new Error(message), { code });

test.each([
  ["ECONNREFUSED", "DB001"],
  ["ENOTFOUND", "DB001"],
  ["08006", "DB001"],
  ["57P01", "DB001"],
  ["57P03", "DB001"],
  ["53300", "DB001"],
  ["55P03", "DB001"],
  ["57014", "DB001"],
  ["40001", "DB001"],
  ["40P01", "DB001"],
  ["28P01", "DB002"],
  ["3D000", "DB003"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "DB004"],
  ["53100", "DB010"],
  ["42501", "DB012"],
  ["25006", "DB010"],
])("%s is %s", (code, expected) => {
  expect(asDatabaseFailure(withCode(code), "the database m at h:1")).toMatchObject({
    code: expected,
    message: expect.stringMatching(/^the database m at h:1: /),
  });
});

test.each([
  ["42P01", 'relation "login.api_keys" does not exist'],
  ["42P01", 'select id from sync.mirror - relation "sync.mirror" does not exist'],
  ["42P01", "Relation »mirror.users« existiert nicht"],
  ["3F000", 'schema "login_reader" does not exist'],
])("a schema of ours that is not there may come back: %s, %s", (code, message) => {
  const failure = asDatabaseFailure(withCode(code, message), "the database m at h:1");
  expect(failure).toMatchObject({ code: "DB014", message: "the database m at h:1: its schema is not there" });
  expect(failure).toMatchObject({ retryable: true, fix: expect.stringContaining("is a backup being restored?") });
  expect(isPassing(failure)).toBe(false);
});

test.each([
  'relation "users" does not exist',
  'relation "stage_7.users" does not exist',
  'select 1 from sync.mirror join "sync.x" - relation "nowhere" does not exist',
])("a table that is none of ours is a bug: %s", (message) => {
  const error = withCode("42P01", message);
  expect(asDatabaseFailure(error)).toBe(error);
});

test("the embedded database is nobody's to start: the next command does", () => {
  const of = (where: string) => asDatabaseFailure(withCode("57P01"), where);
  expect(of("the database m at h:1")).toMatchObject({ fix: expect.stringMatching(/^see that the PostgreSQL server/) });
  expect(of("the embedded database in /srv/data")).toMatchObject({
    fix: "run the command again: it starts the database, or says why that does not start",
  });
});

test.each([
  'new row violates row-level security policy for table "users"',
  "a row of another source was to be copied into mirror.users",
])("a bug of ours that row security caught is no lack of a right: %s", (message) => {
  const caught = Object.assign(new Error(message), { code: "42501" });
  expect(asDatabaseFailure(caught)).toBe(caught);
});

test.each([
  ["Connection terminated unexpectedly", "DB001"],
  ["select 1 - Connection terminated unexpectedly", "DB001"],
  ["timeout exceeded when trying to connect", "DB001"],
  ["The server does not support SSL connections", "DB004"],
])("`%s`, which has no code, is %s", (message, expected) => {
  expect(asDatabaseFailure(new Error(message))).toMatchObject({ code: expected });
});

test("a login refused for want of TLS says so", () => {
  const error = withCode("28000", 'no pg_hba.conf entry for host "10.0.0.1", user "u", database "m", no encryption');
  expect(asDatabaseFailure(error)).toMatchObject({ code: "DB004", fix: expect.stringContaining("sslmode") });
});

test.each([withCode("23505"), withCode("42P01"), new Error("else"), new Failure("RUN003", "fence"), "text", null])(
  "what is not about the connection stays as it is: %s",
  (error) => expect(asDatabaseFailure(error)).toBe(error),
);

describe("what may succeed in a moment", () => {
  const passing = ["ECONNREFUSED", "ECONNRESET", "08006", "57P01", "57P03", "53300", "40001", "40P01", "55P03"];
  test.each(passing)("%s, also when it is told as a failure", (code) => {
    expect([withCode(code), asDatabaseFailure(withCode(code))].map(isPassing)).toEqual([true, true]);
  });

  const lasting = ["57014", "28P01", "3D000", "53100", "25006", "23505", "42P01"];
  test.each(lasting)("not %s", (code) => {
    expect([withCode(code), asDatabaseFailure(withCode(code))].map(isPassing)).toEqual([false, false]);
  });

  test.each([
    "Connection terminated unexpectedly",
    "Query read timeout",
    "Client was closed and is not queryable",
    "Cannot use a pool after calling end on the pool",
  ])("`%s`", (message) => expect(isPassing(new Error(message))).toBe(true));

  test.each([
    new Failure("DB001", "said by ourselves"),
    new Failure("RUN003", "fence"),
    new Error("a bug"),
    "text",
    null,
  ])("not %s", (error) => expect(isPassing(error)).toBe(false));
});

test("an object whose methods tell the database's troubles as failures", async () => {
  const asked = withDatabaseFailures(
    {
      name: "app",
      lost: async () => Promise.reject(withCode("57P01")),
      broken: async () => Promise.reject(withCode("42P01")),
      twice: async (n: number) => 2 * n,
    },
    async () => "the database m at h:1",
  );
  expect(asked.name).toBe("app");
  expect(await asked.twice(4)).toBe(8);
  await expect(asked.lost()).rejects.toMatchObject({ code: "DB001", message: expect.stringContaining("m at h:1") });
  await expect(asked.broken()).rejects.toMatchObject({ code: "42P01" });
});
