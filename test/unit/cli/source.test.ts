import type { SourceStatus } from "../../../src/domain/answers";
import { command } from "./command";

const status: SourceStatus = {
  source: "acme",
  state: "fresh",
  sentence: "`acme` is fresh.",
  lastComplete: "2026-11-22T01:17:04.000Z",
  lastRun: null,
  holds: [],
  heldBack: null,
  counts: { users: 1204 },
  rejects: 0,
  dangling: 0,
  retiredEntities: [],
  retiredLinks: [],
  volatileEntities: [],
  schedule: {
    cron: "15 2 * * *",
    timezone: "Europe/Berlin",
    next: "2026-11-23T01:15:00.000Z",
    last: null,
    overdueSince: null,
    clockSeenAt: null,
  },
};
const globex: SourceStatus = {
  ...status,
  source: "globex",
  state: "never",
  lastComplete: null,
  counts: {},
  schedule: null,
};

test("source list: name, state, size, schedule", async () => {
  const listed = async () => [status, globex];
  expect((await command(["source", "list"], { status: listed })).out).toMatchInlineSnapshot(`
"acme    fresh  read completely 2026-11-22 01:17:04 UTC  1,204 users  15 2 * * * Europe/Berlin, next 2026-11-23 01:15:00 UTC
globex  never  never read completely                    0 users
"
`);
  expect((await command(["source", "list", "-o", "csv"], { status: listed })).out.split("\n")).toEqual([
    "source,state,cron,timezone,next,lastComplete,users",
    "acme,fresh,15 2 * * *,Europe/Berlin,2026-11-23T01:15:00.000Z,2026-11-22T01:17:04.000Z,1204",
    "globex,never,,,,,0",
    "",
  ]);
  expect(JSON.parse((await command(["source", "list", "--json"], { status: listed })).out)).toEqual([status, globex]);
  expect((await command(["source", "list"], { status: async () => [] })).out).toContain("there are no sources yet");
});

test("source retire: who, how many, why; and how it comes back", async () => {
  const asked: unknown[] = [];
  const retireSource = async (request: unknown) => {
    asked.push(request);
    return { source: "acme", run: 12, retiredAt: "2026-11-22T14:00:00.000Z", users: 1204 };
  };
  const argv = ["source", "retire", "acme", "--expect", "1204", "--reason", "contract ended"];
  const { out, exitCode } = await command(argv, { retireSource });
  expect(exitCode).toBe(0);
  expect(out).toMatchInlineSnapshot(`
"acme is retired since 2026-11-22 14:00:00 UTC, by run 12
  1,204 users and their history are kept, but no longer answered for
  to bring it back, write jobs/acme.yaml again and run: understudy sync acme
"
`);
  expect(asked).toEqual([
    {
      source: "acme",
      expect: 1204,
      trigger: { kind: "cli", by: expect.stringContaining("@"), reason: "contract ended" },
    },
  ]);
  await command(["source", "retire", "acme", "--expect", "0"], { retireSource });
  expect(asked[1]).toMatchObject({ expect: 0, trigger: { reason: null } });
});

test.each([
  [["source", "retire", "acme"], "required option '--expect <count>' not specified"],
  [["source", "retire", "acme", "--expect", "all"], "it must be a whole number"],
  [["source", "retire", "--expect", "3"], "missing required argument 'source'"],
  [["source", "retier", "acme"], "unknown command 'retier'"],
])("%j is a usage error", async (argv, message) => {
  const { exitCode, err } = await command(argv);
  expect(exitCode).toBe(2);
  expect(err).toContain(message);
});
