/** The processes that stay, as an operator meets them: `up`, `worker` and `schedule` out of the build, on a real Postgres. */
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { SourceStatus } from "../../src/domain/answers";
import type { RunReport } from "../../src/domain/runs";
import { ROOT } from "../support/documents";
import { eventually } from "../support/eventually";
import { type OperatedWorld, type Said, startOperatedWorld } from "../support/operated-world";
import { isOwnRedisHere, isRedisHere, type RedisServer, startRedis } from "../support/redis-server";
import { ensureBuilt } from "../support/service";
import { crowd, JOB, USERS } from "../support/world";

let { world, environment, start, service, up, understudy, close } = {} as OperatedWorld;
let redis: RedisServer | null;

beforeAll(async () => {
  await ensureBuilt();
  redis = await startRedis();
});
afterAll(() => redis?.stop());
beforeEach(async () => {
  ({ world, environment, start, service, up, understudy, close } = await startOperatedWorld());
});
afterEach(() => close());

/** The same as a process of its own: what is seen of it while it works, or whose holder must be another process. */
async function processOf(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const settings = { ...process.env, LOG_LEVEL: "error", ...environment, ...env, UNDERSTUDY_HOME: world.home };
  const run = promisify(execFile)(process.execPath, [join(ROOT, "bin/understudy.js"), ...args], { env: settings });
  try {
    const { stdout, stderr } = await run;
    return { exitCode: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, out: stdout, err: stderr };
  }
}

const status = async (): Promise<SourceStatus> => {
  const [acme] = JSON.parse((await understudy(["status", "--json"])).out) as SourceStatus[];
  if (acme === undefined) throw new Error("status does not know acme");
  return acme;
};

interface Slot {
  readonly slot: string;
  readonly state: string;
  readonly outcome: string | null;
}

const slots = () =>
  world.sql<Slot>(
    "select s.slot, s.state, r.outcome from sync.slots s left join sync.runs r on r.id = s.run where s.source = 'acme' order by slot",
  );

/** As if the last scheduler had been stopped then. */
const stoppedSince = (hours: number) =>
  world.sql(
    `insert into sync.schedules (source, settled_until, schedule)
     values ('acme', now() - make_interval(hours => $1), '{}') on conflict (source) do update set settled_until = excluded.settled_until`,
    [hours],
  );

/** A slot so many hours ago, whatever the time is when the test runs. */
const slotHoursAgo = async (hours: number): Promise<void> => {
  const at = new Date(Date.now() - hours * 3_600_000);
  const cron = `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
  await world.write("jobs/acme.yaml", `${JOB}schedule: { cron: "${cron}", timezone: UTC, grace: 12h }\n`);
};

test("a slot that was missed while everything was down runs once at the next start", async () => {
  await slotHoursAgo(3);
  await stoppedSince(5);
  const first = await up();
  const [, second] = [first, await up()];
  await eventually(slots, (found) => found.some(({ state }) => state === "done"));
  await Promise.all([first, second].map((process) => process.end("SIGTERM")));
  await (await up()).end("SIGTERM");
  expect(await slots()).toEqual([{ slot: expect.any(String), state: "done", outcome: "ok" }]);
  expect(await world.sql("select count(*)::int as runs from sync.runs")).toEqual([{ runs: 1 }]);
  expect(await status()).toMatchObject({ state: "fresh", sentence: expect.stringContaining("good until") });
});

test("a night whose disk is full is tried again, says so while it waits, and a command says it at once", async () => {
  await world.sql(`
    create function is_full() returns trigger language plpgsql as $$
      begin raise exception using errcode = 'disk_full', message = 'could not extend file'; end $$`);
  await world.sql("create trigger is_full before insert on mirror.orgs for each statement execute function is_full()");
  await slotHoursAgo(3);
  await stoppedSince(5);
  await up();
  const again = "is tried again at .* UTC \\(DB010: the database cannot be written to\\)";
  const waiting = await eventually(status, ({ schedule }) => schedule?.last?.note?.startsWith("DB010") === true);
  expect(waiting.sentence).toMatch(new RegExp(again));
  const { exitCode, err } = await understudy(["sync", "acme"]);
  expect([exitCode, err]).toEqual([8, expect.stringMatching(/its disk is full[\s\S]*free some space/)]);
  await world.sql("drop function is_full cascade");
  await world.sql("update sync.slots set due_at = now() where state = 'due'");
  await eventually(slots, (found) => found.some(({ state, outcome }) => state === "done" && outcome === "ok"));
});

test("a slot older than its grace does not run, and status says so", async () => {
  await world.sync();
  await slotHoursAgo(14);
  await stoppedSince(20);
  const scheduler = await up();
  await eventually(slots, (found) => found.length > 0);
  await scheduler.end("SIGTERM");
  expect(await slots()).toEqual([{ slot: expect.any(String), state: "missed", outcome: null }]);
  expect((await status()).sentence).toMatch(/missed.*no scheduler was running/);
});

test("an edited schedule is taken over without a restart, and a broken file leaves it as it was", async () => {
  await world.write("jobs/new.yaml", "source: new\nschedule: { cron: never }\n");
  const scheduler = await up();
  await scheduler.says("a source is scheduled");
  await world.write("jobs/acme.yaml", `${JOB}schedule: { cron: "* * *" }\n`);
  const told = await scheduler.says("a job file is broken; its schedule goes on as it was");
  expect(told.problem).toMatch(/jobs\/acme\.yaml:\d+:\d+.*five/);
  await world.write("jobs/acme.yaml", `${JOB}schedule: { cron: "* * * * * *" }\n`);
  await eventually(slots, (found) => found.some(({ state }) => state === "done"));
  // Told once, though it was looked at in every second.
  expect(scheduler.lines.filter(({ message }) => message === "a job file is broken; it is not scheduled")).toHaveLength(
    1,
  );
});

function testOn(backends: readonly string[], name: string, body: (env: Record<string, string>) => Promise<void>): void {
  for (const backend of backends)
    (backend === "Redis" && !isRedisHere() ? test.skip : test)(`${name}, with the queue on ${backend}`, () =>
      body(backend === "Redis" ? { REDIS_URL: redis?.url ?? "" } : {}),
    );
}

const parts = (text: string): string =>
  text.replaceAll(/\b\d+(\.\d+)? (ms|s)\b/g, "DURATION").replaceAll(/run \d+/g, "RUN");

testOn(
  ["PostgreSQL", "Redis"],
  "sync follows a run that another process works, as it would a run of its own",
  async (env) => {
    world.users = crowd(60);
    const alone = await understudy(["sync", "acme"], env);
    expect(alone).toMatchObject({ exitCode: 0, out: expect.stringContaining("new 60") });
    world.users.push({ id: "bad" });
    Object.assign(world.users[3] ?? {}, { name: "Renamed" });

    const worker = await service(["worker"], env);
    const followed = await processOf(["sync", "acme", "--reason", "on call"], env);
    expect(followed.exitCode).toBe(5);
    expect(worker.lines.map(({ message }) => message)).toContain("run finished");
    await worker.end("SIGTERM");
    const again = await processOf(["sync", "acme"], env);
    expect(again.exitCode).toBe(5);
    // The same lines of progress in the same order.
    expect(parts(followed.err)).toBe(parts(again.err));
    expect(parts(followed.out).split("\n").length).toBe(parts(again.out).split("\n").length);

    const [run] = JSON.parse((await understudy(["runs", "--json", "-n", "2"], env)).out).slice(1) as {
      report: RunReport;
    }[];
    expect(run?.report).toMatchObject({ exitCode: 5, trigger: { kind: "cli", reason: "on call" } });
  },
);

testOn(["PostgreSQL", "Redis"], "sync --detach leaves the run to a worker", async (env) => {
  const left = await understudy(["sync", "acme", "--detach", "--json"], env);
  expect(left).toMatchObject({ exitCode: 0, err: expect.stringContaining("no worker is alive") });
  const { run, state } = JSON.parse(left.out) as { run: number; state: string };
  expect(state).toBe("queued");
  await service(["worker"], env);
  const shown = await eventually(
    async () =>
      JSON.parse((await understudy(["show", String(run), "--json"], env)).out) as { state: string; outcome: string },
    (summary) => summary.state === "finished",
  );
  expect(shown.outcome).toBe("ok");
});

(isOwnRedisHere() ? test : test.skip)("a run left to a worker outlives a Redis that was emptied", async () => {
  if (redis === null) throw new Error("there is no Redis");
  const env = { REDIS_URL: redis.url };
  const { run } = JSON.parse((await understudy(["sync", "acme", "--detach", "--json"], env)).out) as { run: number };
  await redis.kill();
  await redis.startAgain();
  await service(["worker"], env);
  const outcome = () => world.sql<{ outcome: string }>("select outcome from sync.runs where id = $1", [run]);
  await eventually(outcome, ([row]) => row?.outcome === "ok");
});

/** As a command leaves it that is killed before it could put its run into the queue. */
const abandonedRun = async (): Promise<void> => {
  await world.sql(
    `insert into sync.runs (source, mode, options, trigger, queued_at)
     values ('acme', 'sync', $1, $2, now() - interval '2 minutes')`,
    [
      JSON.stringify({ mode: "sync", only: null, user: null, full: false, planId: null }),
      JSON.stringify({ kind: "cli", by: "ops@desk", reason: null }),
    ],
  );
};

test.each([
  ["a worker", () => service(["worker"])],
  ["the next command", () => understudy(["sync", "acme"])],
])("a run whose command died before anybody took it is ended by %s", async (_who, begin) => {
  await abandonedRun();
  await begin();
  const outcome = () => world.sql<{ outcome: string }>("select outcome from sync.runs order by id limit 1");
  await eventually(outcome, ([row]) => row?.outcome === "interrupted");
});

test("Ctrl-C ends the run at the worker, and the follower says so with 130", async () => {
  await service(["worker"]);
  world.users = crowd(30);
  world.usersList.fault(2, () => new Promise(() => {}));
  const follower = start(["sync", "acme"]);
  await world.upstream.requested("/users", 2);
  expect(await follower.end("SIGINT")).toBe(130);
  expect(await world.sql("select outcome from sync.runs")).toEqual([{ outcome: "interrupted" }]);
});

test("a busy source: exit 7 names the holder, --wait waits for it", async () => {
  await service(["worker"]);
  world.users = crowd(30);
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  world.usersList.fault(2, (request, response) => held.then(() => world.usersList.handler(request, response)), {
    times: 1,
  });
  const first = processOf(["sync", "acme"]);
  await world.upstream.requested("/users", 2);
  expect(await understudy(["sync", "acme"])).toMatchObject({ exitCode: 7, err: expect.stringMatching(/run 1 \(.*@/) });
  const waiting = understudy(["sync", "acme", "--wait"]);
  letGo();
  expect((await first).exitCode).toBe(0);
  expect((await waiting).exitCode).toBe(0);
});

test("SIGTERM with a hung customer ends within 25 s, and the run is taken up by another", async () => {
  await slotHoursAgo(1);
  await stoppedSince(2);
  world.usersList.fault(1, () => new Promise(() => {}), { times: 1 });
  const victim = await up();
  await world.upstream.requested("/users", 1);
  // What reads the log reads nothing but its lines.
  expect(victim.lines.filter(({ level }) => level === "talk")).toEqual([]);
  const began = Date.now();
  expect(await victim.end("SIGTERM")).toBe(0);
  expect(Date.now() - began).toBeLessThan(25_000);
  await up();
  await eventually(slots, ([slot]) => slot?.state === "done" && slot.outcome === "ok");
});

test("a service warns where there is no job file: mostly it is another folder than the one meant", async () => {
  await rm(join(world.home, "jobs"), { recursive: true });
  const { lines } = await service(["schedule"]);
  expect(lines.find(({ level }) => level === "warn")).toMatchObject({
    message: expect.stringMatching(/no job file.*-C DIR/),
    folder: join(world.home, "jobs"),
  });
});

test("two sources with one name: one of them goes on, and the other says why it does not", async () => {
  await world.write("jobs/other.yaml", `${JOB}schedule: { cron: "* * * * * *" }\n`);
  await up();
  const [failed] = await eventually(
    () =>
      world.sql<{ state: string; note: string }>(
        "select state, note from sync.slots where source = 'other' order by slot",
      ),
    ([first]) => first?.state === "failed",
  );
  expect(failed?.note).toContain("CFG001");
  expect(await understudy(["check"])).toMatchObject({ exitCode: 3, out: expect.stringContaining("CFG010") });
  expect(await understudy(["sync", "acme"])).toMatchObject({ exitCode: 0 });
});

test("a time without a zone is the same moment wherever a command runs", async () => {
  const zoneless = USERS.replace("display_name: name", `display_name: '$string($toMillis("2026-03-01T10:00:00"))'`);
  await world.write("mappings/acme/users.yaml", zoneless);
  world.users = crowd(3);
  expect(await processOf(["sync", "acme"], { TZ: "America/New_York" })).toMatchObject({ exitCode: 0 });
  expect(await world.sql("select distinct display_name from mirror.users")).toEqual([
    { display_name: String(Date.UTC(2026, 2, 1, 10)) },
  ]);
});
