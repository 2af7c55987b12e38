/**
 * G26: what the audit tells is sealed in a chain. Whoever may do everything in the database, but does not know all of the chain,
 * is found out, and what they did is named; whoever knows all of it is found out by a seal that was kept elsewhere.
 */
import type { KeptSeal, SealFinding } from "../../src/domain/audit";
import { EraseStore } from "../../src/mirror/erase/erase-store";
import { SealStore } from "../../src/mirror/seal-store";
import { rewriteAudit } from "../support/rewrite-audit";
import { createTestDatabase, MIGRATED, type Template, type TestDatabase } from "../support/test-database";

/** 2,500 entries of three years and two sources, in three seals; nobody has the ids 2401 to 2410. */
const SEALED: Template = {
  name: "sealed",
  base: MIGRATED,
  async fill(database) {
    await database.knex.raw(`
      select audit.ensure_month(timestamptz '2024-01-15' + at * interval '1 month') from generate_series(0, 36) at`);
    for (const [from, to] of [
      [1, 2_400],
      [2_411, 2_510],
    ]) {
      await database.knex.raw("select setval('audit.entries_id_seq', ?, false)", [from ?? 0]);
      await database.knex.raw(
        `insert into audit.entries (at, run, source, entity, key, related, kind, old, new, cause, actor)
         select timestamptz '2024-01-15 08:00Z' + n * interval '10 hours', n / 100, case n % 2 when 0 then 'acme' else 'corp' end,
                case n % 3 when 0 then 'user_roles' else 'users' end, 'p' || n, case n % 3 when 0 then 'r1' else '' end,
                case n % 3 when 0 then 'grant' else 'update' end, case n % 3 when 1 then '{"title":null}'::jsonb end,
                case n % 3 when 1 then '{"title":"boss"}'::jsonb end, 'upstream', 'ops@desk'
         from generate_series(?::int, ?::int) n`,
        [from ?? 0, to ?? 0],
      );
    }
    await new SealStore(database).seal(0);
  },
};

let made: TestDatabase;
beforeEach(async () => {
  made = await createTestDatabase(SEALED);
});
afterEach(() => made.drop());

const sql = (query: string) =>
  made.database.withClient(async (client) => (await client.query(query)).rows as readonly Record<string, unknown>[]);
const tamper = (query: string) => rewriteAudit(made.database, query);
const verify = (kept: KeptSeal | null = null) => new SealStore(made.database).verify(kept, 10);
const told = ({ kind, seal, entry }: SealFinding) => [kind, seal, entry];
const found = async () => (await verify()).findings.map(told);

const copy = (from: number, to: number): string =>
  `insert into audit.entries overriding system value
   select (jsonb_populate_record(e, '{"id": ${to}}')).* from audit.entries e where id = ${from}`;

test("what nobody touched holds, and the last seal is told", async () => {
  expect(await verify()).toEqual({
    holds: true,
    entries: 2_500,
    erased: 0,
    seals: 3,
    head: { seal: 3, hash: expect.stringMatching(/^[0-9a-f]{64}$/), sealedAt: expect.any(String) },
    unsealed: 0,
    dropped: 0,
    auditSince: null,
    findings: [],
    findingsTotal: 0,
  });
});

test.each<[string, string, ReturnType<typeof told>[]]>([
  ["a value is edited", 'update audit.entries set new = \'{"title":"Boss"}\' where id = 100', [["edited", 1, 100]]],
  ["nothing becomes an empty text", "update audit.entries set reason = '' where id = 100", [["edited", 1, 100]]],
  ["somebody else did it", "update audit.entries set actor = 'nobody' where id = 1500", [["edited", 2, 1500]]],
  [
    "it was at another time, in another month",
    "update audit.entries set at = at - interval '40 days' where id = 1500",
    [["edited", 2, 1500]],
  ],
  ["an entry is taken away", "delete from audit.entries where id = 1001", [["gone", 2, 1001]]],
  [
    "an entry is put in the place of another",
    `delete from audit.entries where id = 7; ${copy(8, 7)}`,
    [["edited", 1, 7]],
  ],
  [
    "two change places",
    `${copy(10, 2_401)}; delete from audit.entries where id = 10; ${copy(20, 10)};
     delete from audit.entries where id = 20; ${copy(2_401, 20)}; delete from audit.entries where id = 2401`,
    [
      ["edited", 1, 10],
      ["edited", 1, 20],
    ],
  ],
  ["an entry is added among those that are sealed", copy(8, 2_401), [["added", 3, 2_401]]],
  [
    "a leaf is made to fit",
    "update audit.seals set leaves = overlay(leaves placing '\\x0000' from 9) where number = 2",
    [
      ["seal-edited", 2, null],
      ["edited", 2, 1_001],
    ],
  ],
  ["a seal is taken away", "delete from audit.seals where number = 2", [["seal-missing", 2, null]]],
  [
    "the end is cut off",
    "delete from audit.entries where id > 1000; delete from audit.seals where number > 1",
    [
      ["seal-missing", 2, null],
      ["seal-missing", 3, null],
    ],
  ],
  [
    "all of it is taken away",
    "truncate audit.entries, audit.seals",
    [1, 2, 3].map((seal) => ["seal-missing", seal, null]),
  ],
  ["a month is dropped", "drop table audit.entries_2024_01", Array.from({ length: 10 }, (_, n) => ["gone", 1, n + 1])],
])("it is found out when %s", async (_, query, findings) => {
  await tamper(query);
  expect(await found()).toEqual(findings);
});

/** Seals all that is there anew, as somebody could who knows how. */
async function sealAnew(): Promise<void> {
  await tamper("truncate audit.seals, sync.last_seal");
  await new SealStore(made.database).seal(0);
}

test("a chain that was made anew is found out by a seal that was kept elsewhere", async () => {
  const { head } = await verify();
  await tamper("update audit.entries set actor = 'nobody' where id = 1500");
  await sealAnew();
  expect((await verify()).holds).toBe(true);
  expect(await verify(head)).toMatchObject({ holds: false, findings: [{ kind: "not-kept", seal: 3, entry: null }] });
});

test("an end that was cut off everywhere is found out by a seal that was kept elsewhere", async () => {
  const { head } = await verify();
  await tamper("delete from audit.entries where id > 2000");
  await sealAnew();
  expect((await verify(head)).findings.map(told)).toEqual([["not-kept", 3, null]]);
});

test("a seal that was kept holds as well when others have followed", async () => {
  const { head } = await verify();
  await made.database.knex.raw(copy(8, 2_511));
  expect(await verify(head)).toMatchObject({ holds: true, unsealed: 1 });
  await made.database.knex.raw("select setval('audit.entries_id_seq', 2511)");
  expect(await new SealStore(made.database).seal(0)).toBe(true);
  expect(await verify(head)).toMatchObject({ holds: true, unsealed: 0, seals: 4, entries: 2_501, head: { seal: 4 } });
});

test("what the audit tells is changed by nobody in passing", async () => {
  for (const query of [
    "update audit.entries set actor = 'nobody' where id = 1",
    "delete from audit.entries where id = 1",
    "truncate audit.entries",
    "delete from audit.seals",
  ])
    await expect(sql(query)).rejects.toThrow("what the audit tells is never changed");
});

test("who is still writing is waited for, and nobody's entry is left out", async () => {
  const [seals, another] = [new SealStore(made.database), await made.database.knex.transaction()];
  const entry = (key: string) =>
    `insert into audit.entries (at, run, source, entity, key, kind, cause, actor)
     values ('2024-02-01Z', 1, 'acme', 'users', '${key}', 'create', 'upstream', 'ops@desk')`;
  await another.raw(entry("slow"));
  await sql(entry("quick"));
  expect(await seals.seal(0)).toBe(false);
  expect(await verify()).toMatchObject({ holds: true, unsealed: 1, seals: 3 });

  const waiting = seals.seal(10_000);
  await another.commit();
  expect(await waiting).toBe(true);
  expect(await verify()).toMatchObject({ holds: true, unsealed: 0, seals: 4, entries: 2_502 });
});

test("of several that seal at once, each entry is sealed once", async () => {
  await sql(
    "truncate sync.last_seal; set session_replication_role = replica; truncate audit.seals; reset session_replication_role",
  );
  await Promise.all([1, 2, 3, 4].map(() => new SealStore(made.database).seal(0)));
  expect(await verify()).toMatchObject({ holds: true, seals: 3, entries: 2_500, unsealed: 0 });
});

/** What is told of `p100`, in the first seal, is erased, and the erasure sealed: it is entry 2511. */
async function eraseOne(): Promise<void> {
  await sql("insert into sync.sources (source) values ('acme')");
  await sql("select setval('audit.entries_id_seq', 2510)");
  const trigger = { kind: "cli", by: "ops@desk", reason: "request 815" } as const;
  await new EraseStore(made.database).erase({ source: "acme", key: "p100", expect: 1, trigger });
  await new SealStore(made.database).seal(0);
}

const BLANK = `update audit.seals set salts = overlay(salts placing decode(repeat('00', 16), 'hex') from (8 - 1) * 16 + 1) where number = 1`;

test("what was erased is no finding, and nothing but its salt is gone from the seals", async () => {
  const seals = () =>
    sql(
      "select number, encode(head || leaves, 'hex') as chained, (select array_agg(encode(salt, 'hex') order by id) from audit.leaves_of(leaves, salts)) as salts from audit.seals order by number",
    );
  const [before = {}] = await seals();
  await eraseOne();
  const { head, ...rest } = await verify();
  expect(rest).toMatchObject({ holds: true, entries: 2_501, erased: 1, seals: 4, unsealed: 0, findings: [] });
  const [after] = await seals();
  const salts = (before.salts as string[]).with(99, "00".repeat(16));
  expect(after).toEqual({ ...before, salts });
  // Whose heads were kept outside finds them still.
  expect((await verify(head)).holds).toBe(true);
});

test.each<[string, string, ReturnType<typeof told>[]]>([
  [
    "an entry goes with its salt, and no erasure says so",
    `delete from audit.entries where id = 8; ${BLANK}`,
    [["gone", 1, 8]],
  ],
  [
    "an erasure is made to name it",
    `delete from audit.entries where id = 8; ${BLANK};
     update audit.entries set new = '{"entries": "{[8,9),[100,101)}"}' where id = 2511`,
    [
      ["gone", 1, 8],
      ["gone", 1, 100],
      ["edited", 4, 2_511],
    ],
  ],
  [
    "an erasure that names it is put among what is sealed",
    `delete from audit.entries where id = 8; ${BLANK}; ${copy(2_511, 2_401)};
     update audit.entries set new = '{"entries": "{[8,9)}"}' where id = 2401`,
    [
      ["gone", 1, 8],
      ["added", 3, 2_401],
    ],
  ],
  [
    "who erased is taken away",
    "delete from audit.entries where id = 2511",
    [
      ["gone", 1, 100],
      ["gone", 4, 2_511],
    ],
  ],
  ["what was erased comes back, otherwise", copy(99, 100), [["edited", 1, 100]]],
])("beside an erasure it is found out when %s", async (_, query, findings) => {
  await eraseOne();
  await tamper(query);
  expect(await found()).toEqual(findings);
});

test("the door in what is never changed lets an erasure through, and nothing else", async () => {
  await eraseOne();
  const erasure = (entries: string) =>
    `insert into audit.entries (at, run, source, entity, key, kind, new, cause, actor)
     values ('2024-02-01Z', 0, 'acme', 'erasures', 'acme', 'tombstone', '{"entries": "${entries}"}', 'erased', 'me')`;
  await sql(
    `insert into audit.entries (at, run, source, entity, key, kind, cause, actor)
     values ('2024-02-01Z', 0, 'acme', 'sources', 'acme', 'tombstone', 'retired', 'me')`,
  );
  const refused = async (...queries: readonly string[]) => {
    const all = `begin; ${queries.join("; ")}; rollback`;
    await expect(sql(all)).rejects.toThrow("what the audit tells is never changed");
  };
  await refused("delete from audit.entries where id = 8");
  // Of another source.
  await refused(erasure("{[9,10)}"), "delete from audit.entries where id = 9");
  // What erasures and commands told.
  await refused(erasure("{[2511,2513)}"), "delete from audit.entries where id = 2511");
  await refused(erasure("{[2511,2513)}"), "delete from audit.entries where id = 2512");
  await refused(erasure("{[8,9)}"), "update audit.entries set actor = 'nobody' where id = 8");
  await refused(BLANK);
  await refused(
    erasure("{[8,9)}"),
    "update audit.seals set leaves = overlay(leaves placing '\\x00' from 9) where number = 1",
  );
  await refused(
    erasure("{[8,9)}"),
    `${BLANK}, head = 'x'`.replace("where number = 1, head = 'x'", ", head = 'x' where number = 1"),
  );
  await sql(`begin; ${erasure("{[8,9)}")}; delete from audit.entries where id = 8; ${BLANK}; rollback`);
});

test("an erasure takes away what was told before it alone, even where it names all that ever will be", async () => {
  const entry = (entity: string, said: string) =>
    `insert into audit.entries (at, run, source, entity, key, kind, new, cause, actor)
     values ('2024-02-01Z', 0, 'acme', '${entity}', 'acme', 'tombstone', '${said}', 'erased', 'me') returning id`;
  const [erasure] = await sql(entry("erasures", '{"entries": "{(,)}"}'));
  const [later] = await sql(entry("users", "{}"));
  await new SealStore(made.database).seal(0);
  await expect(sql(`delete from audit.entries where id = ${later?.id}`)).rejects.toThrow("never changed");
  await tamper(
    `delete from audit.entries where id = ${later?.id};
     update audit.seals set salts = audit.without_salts(leaves, salts, '{[${later?.id},${later?.id}]}') where number = (select max(number) from audit.seals)`,
  );
  expect(await verify()).toMatchObject({
    erased: Number(erasure?.id) - 1,
    findings: [{ kind: "gone", seal: 4, entry: later?.id, says: null }],
  });
});
