import type { KeptReject, RejectsAnswer, RevertPlan } from "../../../src/domain/answers";
import type { NewerChange } from "../../../src/domain/revert";
import { command, report } from "./command";

const plan: RevertPlan = {
  source: "acme",
  run: 4183,
  user: null,
  field: null,
  keepNewer: false,
  applied: false,
  changes: 3,
  counts: {
    users: { restored: 1, gone: 0, changed: 1, granted: 0, revoked: 0 },
    user_roles: { restored: 0, gone: 0, changed: 0, granted: 1, revoked: 0 },
  },
  newer: [],
  newerTotal: 0,
  accessTotal: 1,
  access: [
    {
      source: "acme",
      subject: "user",
      user: "8812",
      name: "Ann",
      effect: "gains",
      what: "sign-in",
      target: "",
      targetName: null,
      scope: null,
      holders: null,
      held: false,
    },
  ],
  listed: [
    {
      entity: "users",
      key: "8812",
      related: null,
      scope: null,
      origin: null,
      kind: "restore",
      old: {},
      new: {},
      cause: "reverted",
      held: false,
    },
  ],
};
const newer: readonly NewerChange[] = [
  {
    entity: "users",
    key: "88\u001b[31m",
    related: null,
    scope: null,
    field: "status",
    because: "has another value since",
    run: 4190,
  },
  {
    entity: "user_roles",
    key: "8814",
    related: "r1",
    scope: "o1",
    field: null,
    because: "was granted again since",
    run: null,
  },
];

describe("revert", () => {
  test("shows who gains or loses access first, and the very command that does it", async () => {
    const asked: unknown[] = [];
    const said = await command(["revert", "4183", "--user", "Ann's", "--field", "status"], {
      planRevert: async (request) => {
        asked.push(request);
        return { ...plan, ...request };
      },
    });
    expect(asked).toEqual([{ run: 4183, user: "Ann's", field: "status", keepNewer: false, full: false }]);
    expect(said).toMatchObject({ exitCode: 6, err: "" });
    expect(said.out).toBe(`access: 1 change
  Ann (8812)
    + gains sign-in

records and links: 3 changes
  restore    users 8812 (reverted)
  … and 2 more: understudy revert 4183 --user 'Ann'\\''s' --field status --full

to be put back of run 4183: 3 changes
  users       1 restored  1 with their old values
  user_roles  1 granted

nothing was changed; to do exactly this:
  understudy revert 4183 --user 'Ann'\\''s' --field status --expect 3
`);
  });

  test("names what changed since, and offers no command until that is decided", async () => {
    const told = { ...plan, newer, newerTotal: 30 };
    const said = await command(["revert", "4183"], { planRevert: async () => told });
    expect(said.exitCode).toBe(9);
    expect(said.out).toContain(`changed since, and in the way: 30
  users 88\\u001b[31m status: has another value since (run 4190)
  user_roles 8814 -> r1 in o1: was granted again since
  … and 28 more: understudy revert 4183 --full
`);
    expect(said.out).not.toContain("--expect");
    const kept = await command(["revert", "4183", "--keep-newer"], {
      planRevert: async () => ({ ...told, keepNewer: true }),
    });
    expect(kept.exitCode).toBe(6);
    expect(kept.out).toContain("changed since, and left alone: 30");
    expect(kept.out).toContain("understudy revert 4183 --keep-newer --expect 3");
  });

  test("nothing to put back is no mistake", async () => {
    const nothing = { ...plan, changes: 0, counts: {}, access: [], accessTotal: 0, listed: [] };
    const said = await command(["revert", "4183"], { planRevert: async () => nothing });
    expect([said.exitCode, said.out]).toEqual([0, "run 4183  acme  nothing to put back\n"]);
  });

  test("of somebody whom the run did not touch it says so", async () => {
    const nothing = { ...plan, user: "ann", changes: 0, counts: {}, access: [], accessTotal: 0, listed: [] };
    const said = await command(["revert", "4183", "--user", "ann"], { planRevert: async () => nothing });
    expect([said.exitCode, said.out]).toEqual([
      0,
      "run 4183  acme  nothing to put back of the user with the key ann: the run changed nothing there, or all of it is back\n" +
        "  people are named by the customer's key; what the run changed: understudy revert 4183\n",
    ]);
  });

  test("undoes it with --expect, and as JSON is the report", async () => {
    const asked: unknown[] = [];
    const { source: _source, access: _access, accessTotal: _total, listed: _listed, ...summary } = plan;
    const done = report({ run: 4184, entities: {}, rejects: [], revert: { ...summary, applied: true } });
    const revert = async ({
      expect: count,
      keepNewer,
      trigger,
    }: {
      expect: number;
      keepNewer: boolean;
      trigger: { reason: string | null };
    }) => {
      asked.push([count, keepNewer, trigger.reason]);
      return done;
    };
    const said = await command(["revert", "4183", "--expect", "3", "--reason", "ticket 9"], { revert });
    expect(asked).toEqual([[3, false, "ticket 9"]]);
    expect(said.out).toContain("put back of run 4183: 3 changes\n  users       1 restored  1 with their old values\n");
    const json = await command(["revert", "4183", "--expect", "3", "--json"], { revert });
    expect(JSON.parse(json.out)).toEqual(JSON.parse(JSON.stringify(done)));
  });

  test.each([[["revert"]], [["revert", "acme"]], [["revert", "1", "--expect", "0"]], [["revert", "1", "-o", "csv"]]])(
    "%j is refused",
    async (argv) => {
      expect(await command(argv)).toMatchObject({ exitCode: 2, out: "" });
    },
  );
});

describe("rejects", () => {
  const kept: KeptReject = {
    stream: "users",
    entity: "users",
    key: "8812",
    field: "username",
    code: "MAP020",
    reason: "`username` is missing",
    runs: 3,
    firstRun: 4181,
    firstAt: "2026-11-20T13:59:02Z",
    lastRun: 4183,
    lastAt: "2026-11-22T13:59:02Z",
    healed: null,
    record: { id: "8812", note: "x\u001b[31m" },
  };
  const healed: KeptReject = {
    ...kept,
    key: null,
    place: "page 1, record 53",
    record: null,
    runs: 1,
    lastRun: 4181,
    healed: { run: 4183, at: "2026-11-22T13:59:02Z", as: "mapped" },
  };
  const answer: RejectsAnswer = { source: "acme", rejects: [kept, healed], total: 7 };
  const app = { rejects: async () => answer };

  test("tells why and since when, and which have healed", async () => {
    const said = await command(["rejects", "acme", "--all", "-n", "2"], app);
    expect(said).toMatchObject({ exitCode: 0, err: "" });
    expect(said.out).toBe(`acme  1 record rejected; each keeps its old state and is tried again by every run
  users 8812  MAP020  \`username\` is missing
    in 3 runs, from run 4181, 2026-11-20 13:59:02 UTC, to run 4183, 2026-11-22 13:59:02 UTC
  users (no key: page 1, record 53)  MAP020  \`username\` is missing
    by run 4181, 2026-11-20 13:59:02 UTC
    healed by run 4183, 2026-11-22 13:59:02 UTC: it maps again
… and 5 more: add --limit 7
`);
  });

  test("shows the record of one", async () => {
    const asked: unknown[] = [];
    const said = await command(["rejects", "acme", "--key", "8812", "--entity", "users"], {
      ...app,
      rejects: async (filter) => {
        asked.push(filter);
        return { ...answer, rejects: [kept], total: 1 };
      },
    });
    expect(asked).toEqual([{ source: "acme", entity: "users", key: "8812", all: false, limit: 1_000 }]);
    expect(said.out).toContain('    {\n      "id": "8812",\n      "note": "x\\u001b[31m"\n    }\n');
  });

  test("as csv and as one record a line", async () => {
    const csv = await command(["rejects", "acme", "-o", "csv"], app);
    expect(csv.out.split("\n").slice(0, 2)).toEqual([
      "stream,entity,key,field,code,reason,runs,firstRun,firstAt,lastRun,lastAt,healedRun,healedAt,healedAs,record,place",
      'users,users,8812,username,MAP020,`username` is missing,3,4181,2026-11-20T13:59:02Z,4183,2026-11-22T13:59:02Z,,,,"{""id"":""8812"",""note"":""x\\u001b[31m""}",',
    ]);
    const lines = await command(["rejects", "acme", "-o", "jsonl"], app);
    expect(
      lines.out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([kept, healed]);
  });

  test("nothing rejected is said", async () => {
    const none = { ...app, rejects: async () => ({ source: "acme", rejects: [], total: 0 }) };
    expect((await command(["rejects", "acme"], none)).out).toBe("every record of acme can be mapped\n");
    expect((await command(["rejects", "acme", "--key", "1"], none)).out).toContain("shown by --all");
    const ofUsers = ["rejects", "acme", "--entity", "users"];
    expect((await command(ofUsers, none)).out).toBe("every record of acme/users can be mapped\n");
    expect((await command([...ofUsers, "--key", "1"], none)).out).toMatch(
      /^nothing of acme\/users with the key 1 is rej/,
    );
  });
});
