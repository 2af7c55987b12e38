/** Keys of the API in a real database: those that sign, and those by which callers are known. */
import { silentLog } from "../../src/domain/log";
import { createKeyRing } from "../../src/login/tokens/key-ring";
import { hashOf, makeApiKey } from "../../src/login/tokens/secrets";
import { ApiKeyStore } from "../../src/mirror/api/api-key-store";
import { SigningKeyStore } from "../../src/mirror/api/signing-key-store";
import { createTestDatabase, type TestDatabase } from "../support/test-database";

const SECRET = new Uint8Array(32).fill(3);
let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const sql = (query: string) => db.database.withClient(async (client) => (await client.query(query)).rows);

describe("keys that sign", () => {
  test("processes that begin together make one", async () => {
    const keys = new SigningKeyStore(db.database);
    const rings = Array.from({ length: 4 }, () =>
      createKeyRing({ keys, secrets: [SECRET], lifetime: 3_600, clock: Date.now, log: silentLog }),
    );
    const kids = (await Promise.all(rings.map((ring) => ring.signing()))).map(({ kid }) => kid);
    expect(new Set(kids).size).toBe(1);
    expect(await sql("select kid from login.signing_keys")).toEqual([{ kid: kids[0] }]);
  });
});

describe("keys of callers", () => {
  const make = async (name: string, until: string | null = null) => {
    const key = makeApiKey();
    await new ApiKeyStore(db.database).create(
      { name, sources: ["acme", "globex"], scopes: ["login"], until, by: "ops@desk" },
      hashOf(key),
    );
    return key;
  };

  test("are known by their hash alone, until they are revoked", async () => {
    const keys = new ApiKeyStore(db.database);
    const key = await make("intranet");
    const [row] = await sql("select string_agg(k::text, ' ') as text from login.api_keys k");
    expect(row?.text).not.toContain(key.slice(4));
    expect(await keys.find(hashOf(key))).toMatchObject({ name: "intranet", sources: ["acme", "globex"] });
    expect((await keys.list(false)).find(({ name }) => name === "intranet")?.usedAt).not.toBeNull();
    await keys.revoke("intranet", "ops@desk");
    expect(await keys.find(hashOf(key))).toBeNull();
    await expect(keys.revoke("intranet", "ops@desk")).rejects.toMatchObject({ code: "API002" });
    expect(await keys.find(hashOf(await make("intranet")))).not.toBeNull();
  });

  test("end by themselves", async () => {
    const keys = new ApiKeyStore(db.database);
    const key = await make("for-now", new Date(Date.now() + 60_000).toISOString());
    expect(await keys.find(hashOf(key))).not.toBeNull();
    await sql("update login.api_keys set valid_until = now() where name = 'for-now'");
    expect(await keys.find(hashOf(key))).toBeNull();
    expect((await keys.list(false)).some(({ name }) => name === "for-now")).toBe(false);
    expect((await keys.list(true)).some(({ name }) => name === "for-now")).toBe(true);
  });

  test("are not made for a time that is over", async () => {
    await expect(make("too-late", "2026-01-01T00:00:00.000Z")).rejects.toMatchObject({ code: "USE004" });
    expect((await new ApiKeyStore(db.database).list(true)).some(({ name }) => name === "too-late")).toBe(false);
  });

  test("have a name each: of two who take it at once one has it", async () => {
    const both = await Promise.allSettled([make("twice"), make("twice")]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(both.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "API001" } });
  });

  test("are audited in each of their sources", async () => {
    await make("audited");
    await new ApiKeyStore(db.database).revoke("audited", "boss@desk");
    const entries = await sql(
      "select source, kind, actor from audit.entries where entity = 'api_keys' and key = 'audited' order by id",
    );
    expect(entries).toEqual([
      { source: "acme", kind: "create", actor: "ops@desk" },
      { source: "globex", kind: "create", actor: "ops@desk" },
      { source: "acme", kind: "tombstone", actor: "boss@desk" },
      { source: "globex", kind: "tombstone", actor: "boss@desk" },
    ]);
  });
});

describe("a database that holds another mirror by now, or none yet", () => {
  const isAnother = "update sync.mirror set id = gen_random_uuid()";
  const hasNone = "delete from sync.mirror";

  test.each([
    [isAnother, /another mirror than when this process began/],
    [hasNone, /its schema is not there/],
  ])("says nothing of keys, and gets none: %s", async (change, message) => {
    const [keys, signing] = [new ApiKeyStore(db.database), new SigningKeyStore(db.database)];
    const unknown = hashOf(makeApiKey());
    expect(await keys.find(unknown)).toBeNull();
    const before = await signing.list();
    const [{ id }] = (await sql("select id from sync.mirror")) as [{ id: string }];
    let isAsked = false;
    const decide = async () => {
      isAsked = true;
      return { add: null, drop: before.map(({ kid }) => kid) };
    };
    await sql(change);
    try {
      const refusal = { code: "DB014", message: expect.stringMatching(message) };
      await expect(keys.find(unknown)).rejects.toMatchObject(refusal);
      await expect(signing.list()).rejects.toMatchObject(refusal);
      await expect(signing.change(decide)).rejects.toMatchObject(refusal);
      expect(isAsked).toBe(false);
    } finally {
      await sql(`delete from sync.mirror; insert into sync.mirror (id) values ('${id}')`);
    }
    expect(await keys.find(unknown)).toBeNull();
    expect(await signing.list()).toEqual(before);
  });
});
