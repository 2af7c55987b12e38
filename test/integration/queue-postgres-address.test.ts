/** A queue in Postgres, by addresses that hold or allow less or more than BullMQ expects. */
import { Client } from "pg";
import { silentLog } from "../../src/domain/log";
import { openRunQueue } from "../../src/schedule/open-run-queue";
import { startCuttable } from "../support/cuttable";
import { createTestDatabase, type TestDatabase } from "../support/test-database";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(null);
});
afterAll(() => database.drop());

async function useQueue(connectionString: string): Promise<void> {
  const queue = await openRunQueue({ redisUrl: null, postgres: { connectionString }, log: silentLog });
  try {
    await queue.putSlots([{ source: "acme", slot: "2026-11-24T02:15:00.000Z", crashes: 0 }]);
    expect(await queue.counts()).toMatchObject({ waiting: 1 });
  } finally {
    await queue.close();
  }
}

test("options of the connection in DATABASE_URL are no hindrance", async () => {
  const url = new URL(database.url);
  url.searchParams.set("options", "-c geqo=on");
  await useQueue(url.href);
});

test("a pooler that takes no options of the connection is no hindrance", async () => {
  const { host, port, user, password, database: name } = new Client({ connectionString: database.url });
  const pooler = await startCuttable(host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : port);
  void pooler.cutAt("search_path=", "before it");
  try {
    await useQueue(`postgres://${user}:${encodeURIComponent(password ?? "")}@127.0.0.1:${pooler.port}/${name}`);
  } finally {
    await pooler.close();
  }
});
