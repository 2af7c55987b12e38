/** A source that kills whatever process works it: after the third it is set aside, and its neighbour goes on all the while. */
import { eventually } from "../support/eventually";
import { ensureBuilt, type Service, startService } from "../support/service";
import { JOB, startWorld, type World } from "../support/world";

const SCHEDULE = 'schedule: { cron: "*/2 * * * * *", overlap: queue }\n';
const ONCE = 'schedule: { cron: "0 0 1 1 *", timezone: UTC }\n';
const POISON = `
source: poison
baseUrl: \${UPSTREAM_URL}
auth: { kind: none }
http: { allowPrivate: true }
entities:
  users: { get: /poison, deletes: never }
`;

let world: World;
let service: Service;

beforeAll(ensureBuilt);
beforeEach(async () => {
  world = await startWorld({
    "jobs/acme.yaml": JOB + SCHEDULE,
    "jobs/poison.yaml": POISON + ONCE,
    "mappings/poison/users.yaml":
      "into: users\nkey: id\nfields:\n  username: login\n  status: { from: state, map: { _: active } }\n",
  });
});
afterEach(async () => {
  await service.end("SIGKILL");
  await world.close();
});

test("a slot that kills its worker three times is set aside, and other sources go on", async () => {
  const env = { DATABASE_URL: world.databaseUrl, REDIS_URL: "", UPSTREAM_URL: world.upstream.url };
  const start = () => {
    service = startService(["up", "--port", "0"], { home: world.home, env });
  };
  world.upstream.on("/poison", () => {
    void service.end("SIGKILL");
    return new Promise(() => {});
  });
  // Its slot is due now, whatever the day.
  await world.sql("insert into sync.slots (source, slot, state) values ('poison', date_trunc('second', now()), 'due')");
  const completed = async () => {
    const [row] = await world.sql<{ count: number }>(
      "select count(*)::int as count from sync.slots where source = 'acme' and state = 'done'",
    );
    return row?.count ?? 0;
  };

  for (let death = 1; death <= 3; death += 1) {
    const before = await completed();
    start();
    // Killed by its own request, unless the slot waits for the round in which the dead one is found.
    await service.exited;
    expect(await completed()).toBeGreaterThanOrEqual(before);
  }
  start();
  const told = await service.says("a slot is set aside: its worker died again and again");
  expect(told).toMatchObject({ source: "poison", crashes: 3 });
  const before = await completed();
  await eventually(completed, (count) => count >= before + 2);

  const [slot] = await world.sql("select state, crashes, attempts, note from sync.slots where source = 'poison'");
  expect(slot).toMatchObject({ state: "failed", crashes: 3, note: expect.stringContaining("set aside") });
  const runs = await world.sql("select outcome from sync.runs where source = 'poison' order by id");
  expect(runs).toEqual([{ outcome: "interrupted" }, { outcome: "interrupted" }, { outcome: "interrupted" }]);
});
