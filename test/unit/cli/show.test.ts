import type { PersonAnswer } from "../../../src/domain/answers";
import type { RunSummary } from "../../../src/domain/runs";
import { command, report } from "./command";
import { lastSlot, schedule, status, summary } from "./summaries";

describe("show", () => {
  test("a person: who, what they may do, where they belong, how fresh", async () => {
    const person: PersonAnswer = {
      source: "acme",
      key: "p-0010",
      id: "5f",
      username: "ben.okafor",
      status: "active",
      tombstonedAt: null,
      values: { username: "ben.okafor", display_name: "Ben Okafor", email: "b…@e…", phone: null },
      attributes: { department: ["Depot"] },
      roles: [
        { key: "clerk", name: "Depot clerk", org: "org-20", origin: "users.roles" },
        { key: "guest", name: null, org: null, origin: "default" },
      ],
      permissions: [{ key: "depot.read", name: "Read depots", via: ["clerk", "guest"] }],
      organizations: [{ key: "org-20", name: "Depot North", path: ["Acme", "Logistics", "Depot North"] }],
      asOf: "2026-11-22T13:59:09Z",
    };
    const asked: string[] = [];
    const showPerson = async (source: string, key: string) => {
      asked.push(source, key);
      return person;
    };
    const { out } = await command(["show", "user:acme/a/b:c"], { showPerson });
    expect(asked).toEqual(["acme", "a/b:c"]);
    expect(out).toMatchInlineSnapshot(`
"Ben Okafor  active
  user        acme/p-0010
  username    ben.okafor
  email       b…@e…
  department  ["Depot"]
roles
  Depot clerk (clerk)  in org-20, from users.roles
  guest                from default
permissions
  Read depots (depot.read)  via clerk, guest
organizations
  Acme / Logistics / Depot North
as of 2026-11-22 13:59:09 UTC, when acme was last read completely
"
`);
    const gone = { ...person, tombstonedAt: "2026-11-23T00:00:00Z", roles: [], permissions: [], organizations: [] };
    const { out: later } = await command(["show", "user:acme/p"], { showPerson: async () => gone });
    expect(later).toContain("gone since 2026-11-23 00:00:00 UTC");
    expect(later).toContain("roles\n  none");
  });

  test("a run, finished or not", async () => {
    const { out } = await command(["show", "4183"], { showRun: async () => summary });
    expect(out).toContain("run 4183  acme  finished in 6.8 s");
    expect(out).toContain('sync by ops@desk: new hires, "urgent", 2026-11-22 13:59:02 UTC, 13 requests, 812,345 bytes');
    const shown = async (parts: Partial<RunSummary>) =>
      (await command(["show", "4183"], { showRun: async () => ({ ...summary, report: null, ...parts }) })).out;
    expect(await shown({ state: "running", outcome: null })).toBe(
      'run 4183  acme  running since 2026-11-22 13:59:02 UTC, acme is held by ops@desk\n  sync by ops@desk: new hires, "urgent"\n',
    );
    const trigger = { kind: "schedule", by: "schedule", reason: null, slot: "2026-11-22T01:15:00.000Z" } as const;
    expect(await shown({ state: "queued", outcome: null, trigger })).toBe(
      "run 4183  acme  queued since 2026-11-22 13:59:01 UTC, waits for a worker\n  sync by schedule, slot 2026-11-22 01:15:00 UTC\n",
    );
    expect(await shown({ outcome: "interrupted" })).toContain(
      "was interrupted at 2026-11-22 14:01:08 UTC, without a report: its process died",
    );
    expect(await shown({ outcome: "interrupted", finishedAt: null })).toBe(
      'run 4183  acme  was interrupted: the process that worked this run died; what was written before is whole, the rest is done by the next run\n  sync by ops@desk: new hires, "urgent", 2026-11-22 13:59:02 UTC\n',
    );
  });

  test("the end of a source is a run too", async () => {
    const note = "`acme` was retired with 3 live users; they and their history are kept";
    const retired: RunSummary = { ...summary, mode: "retire", report: report({ entities: {}, notes: [note] }) };
    const { out } = await command(["show", "4183"], { showRun: async () => retired });
    expect(out).toContain(`run 4183  acme  finished in 6.8 s\n\n  ${note}\n`);
    expect(out).toContain("retire by ops@desk");
  });

  test("a source: how it is, when it runs and ran, and what it has", async () => {
    const showSource = async () => status;
    const { out } = await command(["show", "acme"], { showSource });
    expect(out).toContain(
      [
        "`acme` is fresh.",
        "  schedule  15 2 * * * (Europe/Berlin)",
        "  next      2026-11-23 01:15:00 UTC",
        "  last      2026-11-22 01:15:00 UTC  done, run 4183",
        "  users        1,231",
        "  roles        40     no file describes these any more; they are kept",
        "  users.roles  7      no file describes this list any more; its links are kept",
      ].join("\n"),
    );
    expect(out).toContain("held  run 4183");
    const unscheduled = async () => ({ ...status, schedule: null });
    expect((await command(["show", "acme"], { showSource: unscheduled })).out).toContain(
      "fresh.\n  users        1,231\n",
    );
    const retried = { ...lastSlot, state: "due", run: null, attempts: 2, note: "run 9 ended upstream" } as const;
    const waiting = async () => ({ ...status, schedule: { ...schedule, next: null, last: retried } });
    expect((await command(["show", "acme"], { showSource: waiting })).out).toContain(
      "due, tried 2 times, again at 2026-11-22 01:17:00 UTC, run 9 ended upstream\n",
    );
  });
});
