import { EventEmitter } from "node:events";
import type { SyncRequest } from "../../../src/domain/app";
import { Failure } from "../../../src/domain/errors";
import type { RunReport } from "../../../src/domain/runs";
import { command, hold, links, report, users } from "./command";

const rejects = ["8812", "8813"].map((key) => ({
  entity: "users",
  key,
  field: "username",
  code: "MAP020",
  reason: "`username` is missing",
}));

test("the books of a run, its rejects and how to see more of them", async () => {
  const ended = report({ outcome: "rejects", exitCode: 5, rejects, rejectsOmitted: 9 });
  const { exitCode, out, err } = await command(["sync", "acme"], { sync: async () => ended });
  expect(out).toMatchInlineSnapshot(`
"run 4183  acme  finished with 11 rejects in 6.8 s
  fetched 1,231  =  new 3  +  changed 7  +  same 1,219  +  rejected 2
  mirror  1,229  +  new 3  -  gone 1     =  1,231

rejected; each keeps its old state:
  users 8812  MAP020  \`username\` is missing
  users 8813  MAP020  \`username\` is missing
… and 9 more: understudy show 4183 -o jsonl
"
`);
  expect(err).toBe("");
  expect(exitCode).toBe(5);
});

test("several entities stand under each other, with links and remarks", async () => {
  const entities = {
    orgs: users({ fetched: 60, new: 0, changed: 0, same: 60, rejected: 0, gone: 0, before: 60, after: 60 }),
    users: users({
      complete: false,
      incompleteBecause: "page 3 was cut short",
      absent: 5,
      absentAgain: 3,
      duplicates: 1,
    }),
    user_roles: links({ dangling: 5, incompleteBecause: "user_roles of `u7`: cut short" }),
  };
  const notes = ["a remark"];
  const { out } = await command(["sync", "acme"], { sync: async () => report({ entities, notes }) });
  expect(out).toMatchInlineSnapshot(`
"run 4183  acme  finished in 6.8 s
  orgs        fetched 60     =  same 60
              mirror  60     =  60
  users       fetched 1,231  =  new 3      +  changed 7  +  same 1,219  +  rejected 2
              mirror  1,229  +  new 3      -  gone 1     =  1,231
  user_roles  links   2,210  +  granted 4  -  revoked 1  =  2,213

  not read completely: users; page 3 was cut short
  not read completely: user_roles; user_roles of \`u7\`: cut short
  users: 2 absent for the first time; kept until a second witness
  users: 3 absent again; kept, for nothing has proved yet that they are gone
  users: 1 met again on a later page
  user_roles: 5 dangling: without effect until both ends are there
  a remark
"
`);
});

test("books whose every term is 0 are left out, unless all went well and nothing else is told", async () => {
  const zero = { fetched: 0, new: 0, changed: 0, same: 0, rejected: 0, gone: 0, before: 0, after: 0 } as const;
  const links = { granted: 0, revoked: 0, held: 0, dangling: 0, before: 0, after: 0 };
  const nothing = { users: users(zero), roles: users(zero), user_roles: links };
  const told = async (parts: Partial<RunReport>): Promise<string> =>
    (await command(["sync", "acme"], { sync: async () => report(parts) })).out;
  const error = { code: "UPS001", message: "connection refused", fix: null };
  expect(await told({ outcome: "upstream", exitCode: 4, entities: nothing, error })).toBe(
    "run 4183  acme  ended without the customer's system in 6.8 s, nothing was removed\n",
  );
  expect(await told({ entities: { ...nothing, roles: users({ ...zero, fetched: 1, new: 1, after: 1 }) } })).toBe(
    "run 4183  acme  finished in 6.8 s\n  roles  fetched 1  =  new 1\n         mirror  0  +  new 1  =  1\n",
  );
  expect(await told({ entities: { users: users(zero) } })).toContain("fetched 0");
});

test("records that mostly came otherwise, once, are told as that", async () => {
  const entities = { users: users({ volatile: true }) };
  const { out } = await command(["sync", "acme"], { sync: async () => report({ entities }) });
  expect(out).toContain(
    "\n  users: most records came otherwise than at the read before, but not in any mapped field; if that repeats, name what changes under `ignore`\n",
  );
});

test("what is held comes with its evidence and the very command that releases it", async () => {
  const held = report({ outcome: "held", exitCode: 6, hold: hold() });
  const { out, exitCode } = await command(["sync", "acme"], { sync: async () => held });
  expect(exitCode).toBe(6);
  expect(out).toContain("finished with 2,000 changes held in 6.8 s");
  expect(out).toContain("users: the answer was empty");
  expect(out).toContain("understudy hold release 4183 --expect 2000\n");
});

test("evidence tells its numbers once, and what two rules say alike is one line", async () => {
  const message = "240 of 240 users are missing, and 180 that nobody knows came (limit 25 %)";
  const evidence = [
    { entity: "users", rule: "replaced", count: 240, of: 240, message },
    { entity: "users", rule: "replaced", count: 180, of: 240, message },
  ] as const;
  const held = report({ outcome: "held", exitCode: 6, hold: hold({ evidence }) });
  const { out } = await command(["sync", "acme"], { sync: async () => held });
  expect(out).toContain(`(open)\n  users: ${message}\n  to see them:`);
});

test("a run of a part tells what it held itself, and that an earlier hold is over other changes", async () => {
  const message = "the answer was empty, but the mirror holds 60 users";
  const evidence = [{ entity: "users", rule: "empty", count: 60, of: 60, message }] as const;
  const earlier = hold({
    run: 35,
    count: 9,
    evidence: [{ entity: "user_roles", rule: "empty", count: 9, of: 9, message: "every answer was empty" }],
  });
  const part = { outcome: "held", exitCode: 6, hold: earlier, heldBack: { count: 60, evidence } } as const;
  const told = async (entities: RunReport["entities"]) =>
    (await command(["sync", "acme"], { sync: async () => report({ ...part, entities }) })).out;
  expect(await told({})).toBe(`run 4183  acme  finished with 60 changes held in 6.8 s

held back  60 changes by run 4183, which read only part of the source, so no hold was opened
  users: the answer was empty, but the mirror holds 60 users
  to have all of it held for a decision:  understudy sync acme
  the hold of run 35 is over other changes, and stays:

held  run 35  acme  9 changes since 2026-11-22 13:59:08 UTC  (open)
  user_roles: every answer was empty
  to see them:       understudy hold show 35
  if that is right:  understudy hold release 35 --expect 9
  if it is not:      understudy hold reject 35
`);
  expect(await told({ users: users({ complete: false, incremental: true }) })).toContain(
    "understudy sync acme --full\n",
  );
});

test("a run that failed tells its error and the fix on standard error", async () => {
  const error = { code: "UPS001", message: "acme does not answer", fix: "try again later" };
  const failed = report({ outcome: "upstream", exitCode: 4, entities: {}, error });
  const { out, err, exitCode } = await command(["sync", "acme"], { sync: async () => failed });
  expect(out).toBe("run 4183  acme  ended without the customer's system in 6.8 s, nothing was removed\n");
  expect(err).toBe("error[UPS001]: acme does not answer\n  try again later\n");
  expect(exitCode).toBe(4);
});

test.each([
  ["UPS021", "changed nothing in 6.8 s, the customer's system has no such person"],
  ["UPS020", "changed nothing in 6.8 s, the customer's system answered with another person"],
  ["RUN008", "renamed nothing in 6.8 s, the list was not read completely"],
])("a run that ended with %s does not say that the customer's system was not there", async (code, ending) => {
  const error = { code, message: "what it says", fix: null };
  const failed = report({ outcome: "upstream", exitCode: 4, entities: {}, error });
  const { out, exitCode } = await command(["sync", "acme"], { sync: async () => failed });
  expect([out, exitCode]).toEqual([`run 4183  acme  ${ending}\n`, 4]);
});

test("a run that broke off in one list says nothing was removed only when that is so", async () => {
  const headline = async (entities: RunReport["entities"]) => {
    const ended = report({ outcome: "incomplete", exitCode: 4, entities });
    return (await command(["sync", "acme"], { sync: async () => ended })).out.split("\n")[0];
  };
  const unchanged = { users: users({ gone: 0, after: 1232 }), user_roles: links({ revoked: 0 }) };
  expect(await headline(unchanged)).toBe("run 4183  acme  ended incomplete in 6.8 s, nothing was removed");
  const removed =
    "run 4183  acme  ended incomplete in 6.8 s, nothing counts as gone for being absent from an incomplete list";
  expect(await headline({ ...unchanged, users: users({ gone: 1 }) })).toBe(removed);
  expect(await headline({ ...unchanged, user_roles: links({ revoked: 1 }) })).toBe(removed);
});

test("--json is the report, as it is", async () => {
  const ended = report({ rejects });
  const { out } = await command(["--json", "sync", "acme"], { sync: async () => ended });
  expect(JSON.parse(out)).toEqual(ended);
});

test("arguments become one request", async () => {
  const requests: SyncRequest[] = [];
  const sync = async (request: SyncRequest) => {
    requests.push(request);
    return report();
  };
  await command(["sync", "acme", "--only", "users, roles", "--full", "--reason", "new hires"], { sync });
  await command(["sync", "acme", "--user", "8812"], { sync });
  await command(["sync", "acme", "--plan", "p_7f"], { sync });
  const plain = { source: "acme", only: null, user: null, full: false, planId: null };
  expect(requests).toMatchObject([
    {
      ...plain,
      only: ["users", "roles"],
      full: true,
      trigger: { kind: "cli", by: expect.stringMatching(/.+@.+/), reason: "new hires" },
    },
    { ...plain, user: "8812", trigger: { reason: null } },
    { ...plain, planId: "p_7f" },
  ]);
});

test("the app is opened in the folder asked for, and closed again also after a failure", async () => {
  const sync = async () => {
    throw new Failure("RUN001", "run 7 works on it since 02:15", { fix: "wait for it" });
  };
  const said = await command(["-C", "..", "--log-level", "warn", "sync", "acme"], { sync });
  expect(said.opened).toEqual([
    { home: `${__dirname.replace(/\/cli$/, "")}`, env: {}, logLevel: "warn", lasting: false },
  ]);
  expect(said).toMatchObject({
    exitCode: 7,
    closed: 1,
    err: "error[RUN001]: run 7 works on it since 02:15\n  wait for it\n",
  });
});

describe("--all", () => {
  test("runs every source and exits with the gravest", async () => {
    const codes: Record<string, number> = { acme: 6, globex: 5 };
    const sync = async ({ source }: SyncRequest) => report({ source, exitCode: codes[source] ?? 0 });
    const { exitCode, out } = await command(["sync", "--all", "-o", "jsonl"], { sync });
    expect(exitCode).toBe(6);
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).source),
    ).toEqual(["acme", "globex"]);
  });

  test("goes on after a source whose files are wrong", async () => {
    const sync = async ({ source }: SyncRequest) => {
      if (source === "acme") throw new Failure("CFG001", "1 mistake in the files");
      return report({ source, outcome: "rejects", exitCode: 5 });
    };
    const { exitCode, out, err } = await command(["sync", "--all"], { sync });
    expect(exitCode).toBe(3);
    expect(err).toContain("error[CFG001]");
    expect(out).toContain("globex");
  });

  test("--json lists what failed beside the reports", async () => {
    const sync = async ({ source }: SyncRequest) => {
      if (source === "acme") throw new Failure("CFG001", "1 mistake in the files");
      return report({ source });
    };
    const { out } = await command(["sync", "--all", "--json"], { sync });
    expect(JSON.parse(out)).toMatchObject([
      { source: "globex", outcome: "ok" },
      { source: "acme", exitCode: 3, error: { code: "CFG001" }, problems: [] },
    ]);
  });

  test.each([[[]], [["--json"]]])("is a mistake where there is no job at all %j", async (more) => {
    const { exitCode, out, err } = await command(["sync", "--all", ...more], { sources: async () => [] });
    expect(exitCode).toBe(2);
    expect(err).toBe(
      `error[USE002]: there are no sources yet: no job file in ${__dirname}/jobs\n` +
        "  draft one with: understudy init NAME --openapi FILE; or name another folder with -C DIR\n",
    );
    if (more.length === 0) expect(out).toBe("");
    else expect(JSON.parse(out)).toMatchObject({ exitCode: 2, error: { code: "USE002" }, problems: [] });
  });

  test("begins no further source after an interruption", async () => {
    const signals = new EventEmitter();
    const seen: string[] = [];
    const sync = async ({ source }: SyncRequest) => {
      seen.push(source);
      signals.emit("SIGTERM");
      return report({ source, outcome: "interrupted", exitCode: 130 });
    };
    expect((await command(["sync", "--all"], { sync }, { signals })).exitCode).toBe(143);
    expect(seen).toEqual(["acme"]);
  });
});

describe("a signal", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ])("%s once ends the run safely, twice at once", async (signal, code) => {
    const signals = new EventEmitter();
    const sync = async (request: SyncRequest) => {
      expect(request.signal.aborted).toBe(false);
      signals.emit(signal);
      expect(request.signal.aborted).toBe(true);
      expect(signals.listenerCount(signal)).toBe(1);
      signals.emit(signal);
      return report({ outcome: "interrupted", exitCode: 130 });
    };
    const { exitCode, exits, out, err } = await command(["sync", "acme", "--json"], { sync }, { signals });
    expect(exitCode).toBe(code);
    expect(JSON.parse(out)).toMatchObject({ outcome: "interrupted", exitCode: code });
    expect(exits).toEqual([code]);
    expect(err).toContain("what is under way is finished first");
  });
});
