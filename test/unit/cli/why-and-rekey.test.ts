import type { RekeySummary } from "../../../src/domain/runs";
import type { WhyAnswer } from "../../../src/domain/why";
import { command, report } from "./command";

const at = (line: number, column: number) => ({ file: "mappings/acme/users.yaml", line, column });

const email: WhyAnswer = {
  source: "acme",
  key: "8812",
  field: "email",
  value: "a…@c….e…",
  masked: true,
  origins: [],
  at: at(7, 3),
  change: {
    kind: "update",
    run: 12,
    at: "2026-11-20T02:15:09.100Z",
    cause: "mapping",
    actor: "schedule",
    reason: null,
    before: "A…@c….e…",
  },
  record: { from: "kept", run: 9, at: "2026-11-18T02:15:09.100Z" },
  trace: {
    field: "email",
    at: at(7, 3),
    mapped: null,
    outcome: "value",
    value: "a…@c….e…",
    problem: null,
    sources: [
      {
        expression: "$lowercase(mail)",
        at: at(7, 18),
        reached: true,
        present: true,
        value: "a…@c….e…",
        problem: null,
        reads: [{ path: "mail", found: true, value: "A…@c….e…" }],
      },
    ],
  },
  otherwise: { value: null, because: "the record is rejected, so the old value stays: `username` is missing (MAP020)" },
  notes: [],
};

describe("show --why", () => {
  test("tells the value, what set it, the mapping and what it read", async () => {
    const asked: unknown[] = [];
    const said = await command(["show", "user:acme/8812", "--why", "email"], {
      why: async ({ signal: _signal, ...request }) => {
        asked.push(request);
        return email;
      },
    });
    expect(asked).toEqual([{ source: "acme", key: "8812", field: "email", live: false }]);
    expect([said.exitCode, said.err]).toEqual([0, ""]);
    expect(said.out).toBe(`email  "a…@c….e…"  (masked)
  user     acme/8812
  set      2026-11-20 02:15:09 UTC, mapping, by schedule in run 12
  because  the mapping was edited; the customer's system did not change it
  before   "A…@c….e…"
  mapping  mappings/acme/users.yaml:7:3
  record   as run 9 met it first, 2026-11-18 02:15:09 UTC

  $lowercase(mail)  gave "a…@c….e…"  (mappings/acme/users.yaml:7:18)
    read mail = "A…@c….e…"

  now it would be nothing: the record is rejected, so the old value stays: \`username\` is missing (MAP020)
`);
  });

  test("of a list names who states it; what commands the terminal is written out", async () => {
    const roles: WhyAnswer = {
      ...email,
      field: "roles",
      masked: false,
      otherwise: null,
      trace: null,
      record: null,
      at: null,
      change: null,
      value: ["r1", { role: "r2", org: "o1" }],
      origins: [
        { origin: "users.roles", items: ["r1"] },
        { origin: "role_members", items: [{ role: "r2", org: "o1" }] },
      ],
      notes: ["no raw record of acme/\u001b[31m8812 is kept yet"],
    };
    const said = await command(["show", "user:acme/8812", "--why", "roles", "--live"], { why: async () => roles });
    expect(said.out).toBe(`roles  r1, {"role":"r2","org":"o1"}
  user       acme/8812
  stated by  users.roles: r1
  stated by  role_members: {"role":"r2","org":"o1"}
  set        the audit tells of no change of it
  no raw record of acme/\\u001b[31m8812 is kept yet
`);
  });

  test("as JSON is the answer as it stands", async () => {
    const said = await command(["show", "user:acme/8812", "--why", "email", "--json"], { why: async () => email });
    expect(JSON.parse(said.out)).toEqual(email);
  });

  test.each([
    [["show", "acme", "--why", "email"], "--why is asked of a person's field"],
    [["show", "4183", "--why", "email"], "--why is asked of a person's field"],
    [["show", "user:acme/8812", "--live"], "--live belongs to --why"],
    [["show", "user:acme/8812", "--why", ""], "--why is asked of a person's field"],
    [["show", "user:8812", "--why", "email"], "`show user:8812` does not name a person"],
  ])("%j is refused", async (argv, message) => {
    const said = await command(argv);
    expect([said.exitCode, said.out]).toEqual([2, ""]);
    expect(said.err).toContain(message);
  });
});

describe("mapping rekey", () => {
  const summary: RekeySummary = {
    stream: "users",
    entity: "users",
    from: "`id`",
    to: "`uuid`",
    renamed: 12,
    same: 0,
    unmet: 1,
    applied: false,
    examples: [{ old: "1", new: "uu-1" }],
    unmetKeys: ["9"],
  };
  const told = report({ outcome: "held", exitCode: 6, entities: {}, notes: ["the key was …"], rekey: summary });

  test("tells what would be renamed, and the command that does it", async () => {
    const said = await command(["mapping", "rekey", "acme/users"], { rekey: async () => told });
    expect(said.exitCode).toBe(6);
    expect(said.out).toBe(`run 4183  acme  has looked in 6.8 s, nothing was renamed

  the key was …

to be renamed: 12 keys of users
  1  -> uu-1
  … and 11 more

nothing was changed; to do this:
  understudy mapping rekey acme/users --expect 12
`);
  });

  test("renames with --expect", async () => {
    const asked: unknown[] = [];
    const said = await command(["mapping", "rekey", "acme/users", "--expect", "12", "--reason", "UUIDs"], {
      rekey: async ({ source, entity, expect: expected, trigger }) => {
        asked.push([source, entity, expected, trigger.reason]);
        return report({ entities: {}, rekey: { ...summary, applied: true } });
      },
    });
    expect(asked).toEqual([["acme", "users", 12, "UUIDs"]]);
    expect([said.exitCode, said.out]).toEqual([0, expect.stringContaining("renamed: 12 keys of users")]);
    expect(said.out).not.toContain("--expect");
  });

  test.each([
    [["mapping", "rekey", "acme"], "takes SOURCE/ENTITY"],
    [["mapping", "rekey", "acmee/users"], "did you mean `acme`?"],
    [["mapping", "rekey", "acme/users", "--expect", "-1"], "it must be a whole number"],
    [["mapping", "rekey", "acme/users", "--expect", "many"], "it must be a whole number"],
    [["mapping", "rekey", "acme/users", "-o", "csv"], "has no table"],
  ])("%j is refused", async (argv, message) => {
    const said = await command(argv);
    expect(said.exitCode).toBe(2);
    expect(said.err).toContain(message);
  });

  test.each([
    ["users", ["corp"], "corp/users"],
    ["users", ["acme", "globex"], "SOURCE/users"],
    ["corp", ["corp", "globex"], "corp/users"],
    ["corp/", ["corp"], "corp/users"],
    ["corp/roles/7", ["corp"], "corp/roles"],
    ["/users", [], "SOURCE/users"],
  ])(
    "%s is no SOURCE/ENTITY: the example is one that exists, where it can be known",
    async (address, known, example) => {
      for (const verb of ["rekey", "replay"]) {
        const said = await command(["mapping", verb, address], { sources: async () => known });
        expect(said.exitCode).toBe(2);
        expect(said.err).toContain(`\n  e.g. understudy mapping ${verb} ${example}\n`);
      }
    },
  );
});
