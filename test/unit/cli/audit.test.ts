import type { RoleHolder, SealsAnswer, WhoAnswer } from "../../../src/domain/audit";
import type { AuditEntry } from "../../../src/domain/changes";
import { command } from "./command";

const entry = (parts: Partial<AuditEntry>): AuditEntry => ({
  entity: "users",
  key: "8812",
  related: null,
  scope: null,
  origin: null,
  kind: "update",
  old: null,
  new: null,
  cause: "upstream",
  at: "2026-11-22T13:59:09.120Z",
  run: 5,
  source: "acme",
  actor: "ops@desk",
  reason: null,
  ...parts,
});

describe("audit user", () => {
  const entries = [
    entry({ old: { title: "A" }, new: { title: null } }),
    entry({
      entity: "user_roles",
      kind: "revoke",
      related: "clerk",
      scope: "o1",
      origin: "users.roles",
      cause: "end-gone",
      reason: "closed\u0007",
    }),
  ];
  const auditUser = async () => ({ source: "acme", key: "8812", entries, note: null });

  test("one line an entry with its cause, actor and run, and one a field", async () => {
    const { out } = await command(["audit", "user", "acme/8812"], { auditUser });
    expect(out).toMatchInlineSnapshot(`
"2026-11-22 13:59:09 UTC  update     users 8812  upstream, by ops@desk in run 5
             title: "A" -> (none)
2026-11-22 13:59:09 UTC  revoke     user_roles 8812 -> clerk in o1 by users.roles  end-gone, by ops@desk in run 5: closed\\u0007
"
`);
  });

  test("as lines of JSON and as csv", async () => {
    const said = async (format: string) =>
      (await command(["audit", "user", "acme/8812", "-o", format], { auditUser })).out.trim().split("\n");
    expect((await said("jsonl")).map((line) => JSON.parse(line))).toEqual(entries);
    expect(await said("csv")).toEqual([
      "at,kind,entity,key,related,scope,old,new,cause,actor,reason,run,origin",
      '2026-11-22T13:59:09.120Z,update,users,8812,,,"{""title"":""A""}","{""title"":null}",upstream,ops@desk,,5,',
      expect.stringContaining(",revoke,user_roles,8812,clerk,o1,,,end-gone,ops@desk,closed"),
    ]);
  });

  test("--since leaves out what was before", async () => {
    const asked: unknown[] = [];
    const none = async (...question: unknown[]) => {
      asked.push(question);
      return { source: "acme", key: "8812", entries: [], note: null };
    };
    const { out } = await command(["audit", "user", "user:acme/a/b", "--since", "2026-11-01"], { auditUser: none });
    expect(out).toBe("nothing is recorded of acme/8812 since 2026-11-01 00:00:00 UTC\n");
    await command(["audit", "user", "acme/8812"], { auditUser: none });
    expect(asked).toEqual([
      ["acme", "a/b", "2026-11-01T00:00:00.000Z"],
      ["acme", "8812", null],
    ]);
  });
});

describe("audit who", () => {
  const holder = (parts: Partial<RoleHolder>): RoleHolder => ({
    key: "u1",
    name: "Ann",
    org: null,
    since: "2026-11-20T01:17:04.120Z",
    run: 5,
    cause: "upstream",
    actor: "schedule",
    reason: null,
    ...parts,
  });
  const answer: WhoAnswer = {
    source: "acme",
    role: { key: "r1", name: "Depot clerk" },
    at: "2026-11-22T13:59:09.120Z",
    note: null,
    holders: [
      holder({}),
      holder({ key: "u2", name: null, org: "o1", cause: "end-returned", actor: "ops@desk", reason: "they are back" }),
      holder({ key: "u2", name: null, org: "o2" }),
    ],
  };

  test("who, where, since when, why and through whom", async () => {
    const asked: unknown[] = [];
    const auditWho = async (request: unknown) => {
      asked.push(request);
      return answer;
    };
    const { out, exitCode } = await command(["audit", "who", "depot clerk", "--source", "acme"], { auditWho });
    expect(exitCode).toBe(0);
    expect(out).toMatchInlineSnapshot(`
"Depot clerk (r1) of acme  held by 2 people at 2026-11-22 13:59:09 UTC
  Ann (u1)         since 2026-11-20 01:17:04 UTC  upstream, by schedule in run 5
  u2        in o1  since 2026-11-20 01:17:04 UTC  end-returned, by ops@desk in run 5: they are back
  u2        in o2  since 2026-11-20 01:17:04 UTC  upstream, by schedule in run 5
"
`);
    await command(["audit", "who", "r1", "-s", "acme", "--at", "2026-11-01T09:30:00+01:00"], { auditWho });
    expect(asked).toEqual([
      { source: "acme", role: "depot clerk", at: null },
      { source: "acme", role: "r1", at: "2026-11-01T08:30:00.000Z" },
    ]);
  });

  test("nobody, and what keeps the answer from being the whole truth", async () => {
    const note = "`acme` was never read completely: others may hold it too";
    const auditWho = async () => ({ ...answer, role: { key: "r1", name: null }, holders: [], note });
    const { out } = await command(["audit", "who", "r1", "--source", "acme"], { auditWho });
    expect(out).toBe(`r1 of acme  held by nobody at 2026-11-22 13:59:09 UTC\n${note}\n`);
  });

  test("as csv and lines of JSON, a holder each; as JSON in one document", async () => {
    const auditWho = async () => answer;
    const said = async (format: string) =>
      (await command(["audit", "who", "r1", "--source", "acme", "-o", format], { auditWho })).out;
    expect((await said("csv")).split("\n").slice(0, 3)).toEqual([
      "key,name,org,since,cause,actor,reason,run",
      "u1,Ann,,2026-11-20T01:17:04.120Z,upstream,schedule,,5",
      "u2,,o1,2026-11-20T01:17:04.120Z,end-returned,ops@desk,they are back,5",
    ]);
    expect((await said("jsonl")).trim().split("\n")).toHaveLength(3);
    expect(JSON.parse(await said("json"))).toEqual(answer);
  });
});

test.each([
  ["2026-11-01", "2026-11-01T00:00:00.000Z"],
  ["2026-11-01T08:30:00Z", "2026-11-01T08:30:00.000Z"],
  ["2026-11-01t08:30:00.1234z", "2026-11-01T08:30:00.123Z"],
  ["2026-11-01 08:30:00 UTC", "2026-11-01T08:30:00.000Z"],
  ["2024-02-29T23:59:59-05:00", "2024-03-01T04:59:59.000Z"],
])("--at %s is the moment %s", async (text, moment) => {
  const at: unknown[] = [];
  const auditWho = async (request: { readonly at: string | null }) => {
    at.push(request.at);
    throw new Error("enough");
  };
  await command(["audit", "who", "r1", "--source", "acme", "--at", text], { auditWho });
  expect(at).toEqual([moment]);
});

test.each([
  "yesterday",
  "2026-02-30",
  "2026-02-30T01:00:00Z",
  "2026-11-01T08:30:00",
  "2026-11-01T25:00:00Z",
  "1793523600",
  "",
])("--at %j is no moment", async (text) => {
  const { exitCode, err } = await command(["audit", "who", "r1", "--source", "acme", "--at", text]);
  expect(exitCode).toBe(2);
  expect(err).toContain("it must be a date such as 2026-11-01, or a moment with its zone");
});

test.each([
  ["0001-01-01", "0001-01-01T00:00:00.000Z"],
  ["9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
])("--since %s is a moment that the database knows", async (text, moment) => {
  const since: unknown[] = [];
  const auditExport = async (request: { readonly since: string | null }) => {
    since.push(request.since);
    throw new Error("enough");
  };
  await command(["audit", "export", "--since", text], { auditExport });
  expect(since).toEqual([moment]);
});

test.each(["0000-01-01", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-12:00"])(
  "--since %s is of a year that the database does not know",
  async (text) => {
    const { exitCode, err } = await command(["audit", "export", "--since", text]);
    expect(exitCode).toBe(2);
    expect(err).toContain("it must be between the years 1 and 9999, in UTC too");
  },
);

describe("audit verify", () => {
  test("--against a file that is not there says what it wants", async () => {
    const { err, exitCode } = await command(["audit", "verify", "--against", "none.json"]);
    expect(exitCode).toBe(2);
    expect(err).toContain(
      "there is no such file\n  name a file with what `understudy audit verify --json` answered, or - for standard input\n",
    );
  });

  const answer: SealsAnswer = {
    holds: true,
    entries: 1_204,
    erased: 0,
    seals: 2,
    head: { seal: 2, hash: "a".repeat(64), sealedAt: "2026-11-22T13:59:09.120Z" },
    unsealed: 1,
    dropped: 0,
    auditSince: null,
    findings: [],
    findingsTotal: 0,
  };
  const says = {
    at: "2026-11-22T13:59:09.120Z",
    kind: "update",
    source: "acme",
    entity: "users",
    key: "8812",
  } as const;

  test("what holds tells of how much, and the seal to be kept", async () => {
    const { out, exitCode } = await command(["audit", "verify"], { verifyAudit: async () => answer });
    expect({ out, exitCode }).toMatchInlineSnapshot(`
     {
       "exitCode": 0,
       "out": "holds  1,204 entries in 2 seals
       last seal  2 of 2026-11-22 13:59:09 UTC  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
       1 entry not sealed yet
     ",
     }
    `);
  });

  test("how much was erased is told, and is no finding", async () => {
    const { out, exitCode } = await command(["audit", "verify"], {
      verifyAudit: async () => ({ ...answer, erased: 14, head: null, unsealed: 0 }),
    });
    expect({ out, exitCode }).toEqual({
      exitCode: 0,
      out: "holds  1,204 entries in 2 seals\n  14 entries erased, with the people they told of\n",
    });
  });

  test("each finding is told, then how many more there are", async () => {
    const findings = [
      { kind: "seal-missing", seal: 1, entry: null, says: null },
      { kind: "edited", seal: 2, entry: 7, says },
      { kind: "gone", seal: 2, entry: 8, says: null },
      { kind: "clock-behind", seal: 2, entry: 9, says: null },
      { kind: "not-kept", seal: 2, entry: null, says: null },
    ] as const;
    const verifyAudit = async () => ({ ...answer, holds: false, head: null, findings, findingsTotal: 1_005 });
    const { out, exitCode } = await command(["audit", "verify"], { verifyAudit });
    expect({ out, exitCode }).toMatchInlineSnapshot(`
     {
       "exitCode": 12,
       "out": "does not hold  1,204 entries in 2 seals: 1,005 findings
       seal 1 is missing
       entry 7 of seal 2 was edited since: update users acme/8812 of 2026-11-22 13:59:09 UTC
       entry 8 of seal 2 is gone
       the database's clock is behind entry 9, which tells of a drop at a time to come: set it right, for until then nothing proves that what was dropped was old enough
       seal 2 is not the one that was kept
       … and 1,000 more
       1 entry not sealed yet
     ",
     }
    `);
  });
});
