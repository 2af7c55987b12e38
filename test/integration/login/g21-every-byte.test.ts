/** G21: a verifier binds the source, the person and every byte of the password. */
import { createHasher } from "../../../src/passwords/create-hasher";
import { Pepper } from "../../../src/passwords/pepper";
import { LoginHouse, PEPPER, seed, sql } from "../../support/login-house";
import { createTestDatabase, type TestDatabase } from "../../support/test-database";

const QUICK = { memoryCost: 8, timeCost: 1, parallelism: 1 };
const place = (pepper = PEPPER) => {
  const entered = createHasher({ peppers: [pepper], cost: QUICK }).enter("acme");
  if (entered === null) throw new Error("full");
  return entered;
};

test("one changed bit anywhere in 1,024 bytes is refused", async () => {
  const password = Array.from({ length: 1024 }, (_, i) => String.fromCharCode(97 + (i % 20))).join("");
  const bound = { source: "acme", account: "7", key: "ada", password };
  const { hash, verify } = place();
  const made = await hash(bound);
  expect(made).toMatch(/^[0-9a-f]{8}\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$/);
  expect(await verify(made, bound)).toBe("right");
  for (let at = 0; at < 1024; at += 1) {
    const flipped = String.fromCharCode(password.charCodeAt(at) ^ (1 << (at % 4)));
    const changed = `${password.slice(0, at)}${flipped}${password.slice(at + 1)}`;
    expect([at, await verify(made, { ...bound, password: changed })]).toEqual([at, "wrong"]);
  }
  for (const other of [password.slice(0, -1), `${password}a`, password.toUpperCase(), ` ${password}`])
    expect(await verify(made, { ...bound, password: other })).toBe("wrong");
});

test.each([
  { source: "acm", account: "e7", key: "ada", password: "pw" },
  { source: "acme7", account: "", key: "ada", password: "pw" },
  { source: "acme", account: "7p", key: "ada", password: "w" },
  { source: "other", account: "7", key: "ada", password: "pw" },
  { source: "acme", account: "8", key: "ada", password: "pw" },
  { source: "acme", account: "7", key: "ada", password: "pw\u0301" },
])("nothing moves from one part into another: %j", async (other) => {
  const { hash, verify } = place();
  expect(await verify(await hash({ source: "acme", account: "7", password: "pw" }), other)).toBe("wrong");
});

test("letters that look alike are not alike: what is typed is taken byte for byte", async () => {
  const { hash, verify } = place();
  const bound = { source: "acme", account: "7", key: "ada", password: "caf\u00e9" };
  expect(await verify(await hash(bound), { ...bound, password: "cafe\u0301" })).toBe("wrong");
});

test("with another pepper a verifier says nothing at all; with the one before it is still read", async () => {
  const bound = { source: "acme", account: "7", key: "ada", password: "pw" };
  const next = new Pepper("another pepper, which took its place");
  const made = await place().hash(bound);
  expect(await place(next).verify(made, bound)).toBe("unreadable");
  const both = createHasher({ peppers: [next, PEPPER], cost: QUICK }).enter("acme");
  expect(await both?.verify(made, bound)).toBe("right");
  expect(await both?.hash(bound)).toMatch(new RegExp(`^${next.id}\\$`));
});

describe("in the database", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    await seed(database.database, ["ada", "bob"]);
    await seed(database.database, ["ada"], "other");
  });
  afterAll(() => database.drop());

  test("a verifier copied to another person or source lets nobody in", async () => {
    const house = new LoginHouse(database.database);
    await house.letIn("ada", "right");
    for (const copy of ["'acme', 'bob'", "'other', 'ada'"])
      await sql(
        database.database,
        `insert into login.verifiers (source, key, hash, vouched_at) select ${copy}, hash, vouched_at from login.verifiers where key = 'ada' and source = 'acme'`,
      );
    expect(await house.try("ada", "right")).toBe("mirror");
    expect(await house.try("bob", "right")).toBe("refused");
    expect(await house.try("ada", "right", { source: "other" })).toBe("refused");
  });

  test("1,024 bytes are taken, one more is nobody's password; neither is none, or one that cannot be written", async () => {
    const house = new LoginHouse(database.database);
    const longest = "ü".repeat(512);
    await house.letIn("bob", longest);
    expect(await house.try("bob", longest)).toBe("mirror");
    house.live = { outcome: "accepted", key: "bob" };
    for (const password of [`${longest}a`, "", "a\0b", "a\ud800"])
      expect(await house.try("bob", password)).toBe("refused");
    for (const login of ["", "b\0b", "b\ud800b", "b".repeat(10_000)])
      expect(await house.try(login, "x")).toBe("refused");
  });
});
