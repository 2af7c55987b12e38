/** A queue in Postgres, in a process that stays, while the way to Postgres is cut or hangs. */
import { Client } from "pg";
import { type Log, silentLog } from "../../src/domain/log";
import { openRunQueue, type RunQueue } from "../../src/schedule/open-run-queue";
import { type Cuttable, startCuttable } from "../support/cuttable";
import { eventually } from "../support/eventually";
import { createTestDatabase, type TestDatabase } from "../support/test-database";

let database: TestDatabase;
let way: Cuttable;
let queue: RunQueue;
let told: string[];
let worked: string[];

beforeEach(async () => {
  [told, worked] = [[], []];
  database = await createTestDatabase(null);
  const { host, port, user, password, database: name } = new Client({ connectionString: database.url });
  way = await startCuttable(host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : port);
  const log: Log = {
    ...silentLog,
    info: (message) => void told.push(`info: ${message}`),
    warn: (message) => void told.push(`warn: ${message}`),
    error: (message) => void told.push(`error: ${message}`),
  };
  const postgres = { host: "127.0.0.1", port: way.port, user, password, database: name };
  queue = await openRunQueue({ redisUrl: null, postgres, lasting: true, log });
  await queue.serve({
    concurrency: 2,
    totalConcurrency: 2,
    onRun: async () => {
      throw new Error("nobody asked for this");
    },
    onSlot: async ({ slot }) => worked.push(slot),
  });
});
afterEach(async () => {
  await queue.close();
  await way.close();
  await database.drop();
});

/** As the clock does it: again and again. */
const putUntilWorked = (minute: number): Promise<unknown> => {
  const slot = new Date(Date.UTC(2026, 10, 24, 2, minute)).toISOString();
  return eventually(
    () => queue.putSlots([{ source: "acme", slot, crashes: 0 }]).catch(() => undefined),
    () => worked.includes(slot),
  );
};

test.each(["cut", "hang"] as const)("takes jobs again after the way was lost (%s)", async (how) => {
  await putUntilWorked(1);
  way[how]();
  const began = Date.now();
  await expect(queue.ping()).rejects.toMatchObject({ code: "DB020" });
  await expect(queue.counts()).rejects.toMatchObject({ code: "DB020" });
  expect(Date.now() - began).toBeLessThan(10_000);
  await eventually(
    async () => told.length,
    (count) => count > 0,
  );
  way.mend();
  await putUntilWorked(2);
  await eventually(
    async () => told.length,
    (count) => count >= 2,
  );
  expect(told).toEqual([
    expect.stringMatching(/^warn: the queue at our own Postgres is out of reach: .*tried again$/),
    "info: the queue is back",
  ]);
});

/** Workers are given 5 s, a statement that hangs 10 s; a service as a whole has 25 s. */
const CLOSES_WITHIN = 20_000;

test("ends in time while the way is cut", async () => {
  await putUntilWorked(1);
  way.cut();
  await eventually(
    async () => told.length,
    (count) => count > 0,
  );
  const began = Date.now();
  await queue.close();
  expect(Date.now() - began).toBeLessThan(CLOSES_WITHIN);
});

test.each(["nobody", "somebody"])("ends in time while the way hangs and %s waits for an answer", async (who) => {
  await putUntilWorked(1);
  way.hang();
  const asked = who === "somebody" ? expect(queue.ping()).rejects.toMatchObject({ code: "DB020" }) : null;
  const began = Date.now();
  await queue.close();
  expect(Date.now() - began).toBeLessThan(CLOSES_WITHIN);
  await asked;
});
