/**
 * G7: a run that was paused past its lease, and whose source another run took over, cannot write any more. What it does when it
 * is told of that, real workers on both backends of the queue, and those who are just committing; `g07-stopped-anywhere` looks
 * at every step.
 *
 *     npx jest g07                  the worker with one backend of the queue, at random
 *     npm run faults -- g07         with both
 */
import { backends } from "../support/command-stage";
import { endLease } from "../support/end-lease";
import { eventually } from "../support/eventually";
import { inOrder, readMirror } from "../support/read-mirror";
import { startRedis } from "../support/redis-server";
import { ensureBuilt, type Service, startService } from "../support/service";
import { startSyncProcess } from "../support/sync-process";
import { waitsForLock } from "../support/waits-for-lock";
import { crowd, JOB, startWorld, type World } from "../support/world";

const ONCE_A_YEAR = 'schedule: { cron: "0 0 1 1 *", timezone: UTC }\n';

let world: World;
beforeAll(ensureBuilt);
beforeEach(async () => {
  world = await startWorld({ "jobs/acme.yaml": JOB + ONCE_A_YEAR });
  world.users = crowd(15);
  await world.sync();
});
afterEach(() => world.close());

/** Holds back the first answer from now on that gives the second page of the users. */
function holdSecondPage(): { asked: Promise<void>; answer: () => void } {
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const stale = structuredClone(world.users);
  const asked = new Promise<void>((resolve) => {
    world.usersList.fault(
      2,
      async () => {
        resolve();
        await answered;
        return { body: { items: stale.slice(10), total: stale.length } };
      },
      { times: 1 },
    );
  });
  return { asked, answer };
}

const leaseIsOver = async (): Promise<void> => {
  await eventually(
    () => world.sql("select from sync.sources where lease_until < now()"),
    (rows) => rows.length > 0,
  );
};

test.each([
  ["as soon as it wants to write", 600_000, "RUN003"],
  ["as soon as it wants to say that it lives", 100, "RUN003"],
])("a process stopped with SIGSTOP and continued after a takeover is refused %s", async (_when, renewEvery, code) => {
  world.users[0]!.name = "What the paused run has seen";
  const { asked, answer } = holdSecondPage();
  const paused = startSyncProcess(world, { lease: { length: 0.3, renewEvery }, options: { by: "first@desk" } });
  await asked;
  paused.signal("SIGSTOP");
  try {
    await leaseIsOver();
    world.users[0]!.name = "What is so now";
    world.users.splice(14, 1);
    expect(await world.sync({ by: "second@desk" })).toMatchObject({ outcome: "ok" });
  } finally {
    paused.signal("SIGCONT");
  }
  const [before, audit] = [
    inOrder(await readMirror(world)),
    await world.sql("select id from audit.entries order by id"),
  ];
  answer();
  expect(await paused.ended).toMatchObject({ outcome: "busy", exitCode: 7, error: { code } });
  expect(inOrder(await readMirror(world))).toEqual(before);
  expect(await world.sql("select id from audit.entries order by id")).toEqual(audit);
  // What it was is told by its successor, and the source is nobody's.
  expect(await world.sql("select outcome from sync.runs where trigger ->> 'by' = 'first@desk'")).toEqual([
    { outcome: "interrupted" },
  ]);
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
});

test.each(backends())("a worker stopped in the middle of a slot, with the queue on %s", async (backend) => {
  const redis = backend === "Redis" ? await startRedis() : null;
  if (backend === "Redis" && redis === null) return;
  const env = { DATABASE_URL: world.databaseUrl, REDIS_URL: redis?.url ?? "", UPSTREAM_URL: world.upstream.url };
  const start = () => startService(["up", "--port", "0"], { home: world.home, env });
  const services: Service[] = [];
  try {
    world.users[0]!.name = "What the paused run has seen";
    const { asked, answer } = holdSecondPage();
    await world.sql("insert into sync.slots (source, slot, state) values ('acme', date_trunc('second', now()), 'due')");
    const paused = start();
    services.push(paused);
    await asked;
    process.kill(paused.pid, "SIGSTOP");
    await endLease(world);
    world.users[0]!.name = "What is so now";
    services.push(start());
    const slot = async () => (await world.sql("select state, crashes from sync.slots"))[0];
    await eventually(slot, (row) => row?.state === "done");
    process.kill(paused.pid, "SIGCONT");
    const audit = "select run, entity, key, kind from audit.entries order by id";
    const [before, told] = [inOrder(await readMirror(world)), await world.sql(audit)];
    answer();
    expect(await paused.says("run ended without effect")).toMatchObject({ outcome: "busy", code: "RUN003" });
    expect(inOrder(await readMirror(world))).toEqual(before);
    expect(await world.sql(audit)).toEqual(told);
    expect(await slot()).toEqual({ state: "done", crashes: 1 });
    expect(await world.sql("select display_name from mirror.users where key = 'u1'")).toEqual([
      { display_name: "What is so now" },
    ]);
    expect(await Promise.all(services.map((service) => service.end("SIGTERM")))).toEqual([0, 0]);
  } finally {
    await Promise.all(services.map((service) => service.end("SIGKILL")));
    await redis?.stop();
  }
});

test("a plan of a run that was overtaken is not stored either", async () => {
  const { asked, answer } = holdSecondPage();
  const overtaken = world.plan();
  await asked;
  await world.sql("update sync.sources set lease_until = now() - interval '1 second'");
  expect(await world.sync({ by: "second@desk" })).toMatchObject({ outcome: "ok" });
  answer();
  expect(await overtaken).toMatchObject({ outcome: "busy", error: { code: "RUN003" } });
  expect(await world.sql("select from sync.plans")).toEqual([]);
});

test("a source whose holder is still committing is not taken over, and the holder is not kept from saying that it lives", async () => {
  const { asked, answer } = holdSecondPage();
  const holder = world.sync({ by: "first@desk" });
  await asked;
  await world.database.withClient(async (client) => {
    // As in the holder's own transaction.
    await client.query("begin; select from sync.sources for key share");
    await world.sql("update sync.sources set lease_until = now() + interval '1 minute'");
    await world.sql("update sync.sources set lease_until = now() - interval '1 second'");
    const second = world.sync({ by: "second@desk" });
    await waitsForLock(world);
    await client.query("commit");
    expect(await second).toMatchObject({ outcome: "ok" });
  });
  answer();
  expect(await holder).toMatchObject({ outcome: "busy", error: { code: "RUN003" } });
});
