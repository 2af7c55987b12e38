/**
 * Postgres ends in mid-run and comes back, in good order or not. The run waits for it, goes on, and ends as an undisturbed one.
 */
import { silentLog } from "../../src/domain/log";
import { openDatabase } from "../../src/mirror/database";
import { ensureEmbeddedServer } from "../../src/mirror/embedded/ensure-embedded-server";
import { until } from "../support/embedded-user";
import { watchStatements } from "../support/statements";
import { makeTempDir } from "../support/temp-dir";
import { MIGRATED } from "../support/test-database";
import { embeddedServerPid } from "../support/test-run";
import { startTurningWorld, type TurningWorld } from "../support/turning-world";
import { openWorld } from "../support/world";

let turning: TurningWorld;
/** Of the server, which nobody else uses. */
let home: string;
beforeAll(async () => {
  const { path, remove } = await makeTempDir("restart");
  home = path;
  // With `fsync: false` it would answer to commits that a crash takes back.
  const server = await ensureEmbeddedServer({ home, lingerMs: 300, log: silentLog });
  const database = await openDatabase({ url: null, home, log: silentLog });
  await MIGRATED.fill(database, "");
  const drop = async (): Promise<void> => {
    await database.close();
    await server.release();
    await until(async () => (await embeddedServerPid(home)) === null, "the server is gone");
    await remove();
  };
  const world = await openWorld({ url: "", database, drop });
  await world.sync();
  turning = await startTurningWorld(world);
}, 120_000);
afterAll(() => turning.world.close());
afterEach(() => jest.restoreAllMocks());

const ORDERLY = "SIGINT";
const AT_ONCE = "SIGQUIT";
const CRASH = "SIGKILL";

test.each<[string, NodeJS.Signals, RegExp]>([
  ["in good order before the run begins to compare", ORDERLY, /^insert into changes/],
  ["at once before the run begins to compare", AT_ONCE, /^insert into changes/],
  ["by a crash while the run writes", CRASH, /^update mirror\.users/],
  ["in good order when the run has written", ORDERLY, /^commit/],
])("Postgres ends %s", async (_when, signal, before) => {
  await turning.turn(async (world) => {
    let isWriting = false;
    let isDone = false;
    watchStatements((send, _session, isPromised, text) => {
      isWriting ||= text.startsWith("insert into changes");
      if (isDone || !isPromised || !isWriting || !before.test(text.trim())) return send();
      isDone = true;
      return endServer(signal).then(send);
    });
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    expect(isDone).toBe(true);
    jest.restoreAllMocks();
  });
});

test("Postgres ends while the run reads", async () => {
  await turning.turn(async (world) => {
    world.usersList.fault(
      1,
      async () => {
        await endServer(AT_ONCE);
        return { body: { items: world.users, total: world.users.length } };
      },
      { times: 1 },
    );
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
  });
});

async function endServer(signal: NodeJS.Signals): Promise<void> {
  const server = await embeddedServerPid(home);
  if (server === null) throw new Error("there is no server");
  process.kill(server, signal);
  await until(async () => (await embeddedServerPid(home)) !== server, "the server has ended");
}
