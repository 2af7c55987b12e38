/** Machines whose clocks are days apart: what one writes, the others compare with what they read. */
import { openApp } from "../../../src/app";
import { AuditStore } from "../../../src/mirror/audit-store";
import { type ChangingUsers, SINCE_JOB, serveChangingUsers } from "../../support/changing-upstream";
import { startWorld, type World } from "../../support/world";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let world: World;
let users: ChangingUsers;
beforeEach(async () => {
  world = await startWorld({ "jobs/acme.yaml": SINCE_JOB });
  users = serveChangingUsers(world);
  users.put({ id: "u1", login: "ada", state: "on" });
});
afterEach(() => world.close());

/** On a machine whose clock is so many milliseconds away from the database's. */
async function onMachine<T>(apart: number, work: () => Promise<T>): Promise<T> {
  const ours = Date;
  process.env.TEST_CLOCK_APART = String(apart);
  jest.isolateModules(() => require("../../support/clock-apart.cjs"));
  try {
    return await work();
  } finally {
    globalThis.Date = ours;
  }
}

const isNow = (moment: string | undefined): boolean => Math.abs(Date.parse(moment ?? "") - Date.now()) < MINUTE;

async function moments(): Promise<Readonly<Record<string, string>>> {
  const [row] = await world.sql<Record<string, string>>(
    `select s.first_complete_at as first, s.last_complete_at as last, r.started_at as started, r.finished_at as finished,
            w.full_at as full
     from sync.sources s join sync.runs r on r.source = s.source join sync.watermarks w on w.source = s.source
     order by r.id desc limit 1`,
  );
  return row ?? {};
}

test.each([
  ["ahead", 30 * DAY],
  ["behind", -30 * DAY],
])("a run on a machine that is %s is of when it was, by the database's clock", async (_, apart) => {
  const report = await onMachine(apart, () => world.sync());
  const told = { ...(await moments()), reportStarted: report.startedAt, reportFinished: report.finishedAt };
  expect(Object.entries(told).filter(([, moment]) => !isNow(moment))).toEqual([]);
});

test("what was written of a time to come is put right by the next complete run", async () => {
  await world.sync();
  await world.sql(
    `update sync.sources set first_complete_at = now() + interval '30 days', last_complete_at = now() + interval '30 days'`,
  );
  await world.sql("update sync.watermarks set full_at = now() + interval '30 days'");
  expect((await world.sync()).notes).toContain("`users` was read in full: a full pass was due");
  expect(Object.entries(await moments()).filter(([, moment]) => !isNow(moment))).toEqual([]);
});

test("whether a source is overdue is told alike by every machine", async () => {
  await world.write("jobs/acme.yaml", `${SINCE_JOB}schedule: { cron: "0 3 * * *", timezone: UTC }\n`);
  await world.sync();
  const app = await openApp({ home: world.home, env: { DATABASE_URL: world.databaseUrl }, logLevel: "error" });
  try {
    const stateOn = (apart: number) => onMachine(apart, async () => (await app.showSource("acme")).state);
    expect(await stateOn(30 * DAY)).toBe("fresh");
    await world.sql("update sync.sources set last_complete_at = now() - interval '3 days'");
    expect(await stateOn(-30 * DAY)).toBe("late");
  } finally {
    await app.close();
  }
});

test("what a run wrote is found, though its end is of a clock that was behind", async () => {
  await world.sync();
  users.put({ id: "u1", login: "ada", state: "on", name: "Ada" });
  const { run } = await world.sync();
  await world.sql("update sync.runs set finished_at = started_at - interval '30 days'");
  expect(await new AuditStore(world.database.knex).who("acme", "r1", null)).toMatchObject({ note: null });
  const undone = { run, user: null, field: null, keepNewer: false, expect: -1 };
  expect((await world.sync({ mode: "revert", revert: undone })).error?.message).toContain("takes 1 change");
});
