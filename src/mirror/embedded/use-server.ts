import { setTimeout as delay } from "node:timers/promises";
import { isNativeError } from "node:util/types";
import { Client } from "pg";
import { Failure } from "../../domain/errors";
import type { Log } from "../../domain/log";
import { causeIn, fixFor } from "./cause-in-output";
import { endStrandedServer } from "./end-stranded-server";
import type { ServerPlace } from "./server-place";
import { type KeeperOrder, type StartedKeeper, startKeeper } from "./start-keeper";

export interface ServerUse {
  readonly place: ServerPlace;
  readonly order: KeeperOrder;
  readonly password: string;
  readonly log: Log;
}

const START_TIMEOUT_MS = 60_000;
/** SQLSTATE of a file that is not there: a session of a server whose data folder was removed cannot even begin. */
const FILE_GONE = "58P01";

/**
 * Makes this process a user of the server until `release`: a session of its own that the keeper sees, and that ends by
 * itself with the process. When the server dies under its users they start it again, so that their pools can reconnect.
 */
export async function useServer(use: ServerUse): Promise<{ reused: boolean; release(): Promise<void> }> {
  const first = await enter(use);
  let session = first.session;
  let released = false;

  const comeBack = async () => {
    use.log.warn("the embedded database ended while it was in use; starting it again");
    try {
      session = (await enter(use)).session;
    } catch (error) {
      use.log.warn("the embedded database does not start again", {
        reason: isNativeError(error) ? error.message : "",
        fix: error instanceof Failure ? error.fix : null,
      });
      return;
    }
    stay();
  };
  const stay = () => {
    if (released) void session.end();
    else session.once("end", () => void (released || comeBack()));
  };

  stay();
  return {
    reused: first.reused,
    release: async () => {
      released = true;
      await leave(session, use);
    },
  };
}

/** Takes part in the server, starting a keeper as often as it takes. */
async function enter({ place, order, password, log }: ServerUse): Promise<{ session: Client; reused: boolean }> {
  if (await endStrandedServer(order))
    log.warn(
      "the folder of the embedded database was removed while its server ran; that one was ended, a new one begins",
      {
        data: place.dataDirectory,
      },
    );
  const deadline = Date.now() + START_TIMEOUT_MS;
  let keeper: StartedKeeper | null = null;
  for (; ; await delay(30)) {
    const session = await takePart(order, password);
    if (session !== null) {
      if (keeper?.state() !== "running" && !(await isKept(session, order))) startKeeper(place, order);
      return { session, reused: keeper === null };
    }
    if (keeper?.state() === "failed") throw cannotStart(place, await keeper.output());
    if (Date.now() > deadline) throw cannotStart(place, (await keeper?.output()) || "it is neither up nor down");
    if (keeper?.state() === "running") continue;
    log.debug("starting the embedded database", { data: place.dataDirectory });
    keeper = startKeeper(place, order);
  }
}

/** A session that holds the users' lock, or null while there is no server, or only one that is about to end. */
async function takePart(order: KeeperOrder, password: string): Promise<Client | null> {
  const { host, port, user, absent } = order;
  const names = { database: "postgres", application_name: "understudy user" };
  const session = new Client({ host, port, user, password, ...names });
  // When the server dies, those who work with it learn it from their own connections.
  session.on("error", () => undefined);
  try {
    await session.connect();
    const { rows } = await session.query<{ taken: boolean }>(
      "SELECT pg_try_advisory_lock_shared($1, $2) AS taken",
      order.usersLock,
    );
    if (rows[0]?.taken === true) return session;
  } catch (error) {
    const lost = isNativeError(error) && /^Connection terminated/.test(error.message);
    const code = isNativeError(error) && "code" in error ? String(error.code) : "";
    if (code === FILE_GONE) throw dataGone(order);
    if (!lost && !absent.includes(code)) throw error;
  }
  await session.end().catch(() => undefined);
  return null;
}

async function isKept(session: Client, { keeperLock }: KeeperOrder): Promise<boolean> {
  const { rows } = await session.query<{ kept: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_locks
       WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 AND objsubid = 2 AND granted) AS kept`,
    keeperLock,
  );
  return rows[0]?.kept === true;
}

/** The server must end also when its keeper was killed meanwhile. */
async function leave(session: Client, { place, order }: ServerUse): Promise<void> {
  const kept = await isKept(session, order).catch(() => true);
  await session.end().catch(() => undefined);
  if (!kept) startKeeper(place, order);
}

const dataGone = ({ dataDirectory }: KeeperOrder): Failure =>
  new Failure(
    "DB006",
    `a server of the embedded database still runs whose data in ${dataDirectory} was removed or damaged`,
    {
      fix: "without its data it ends by itself within a minute; then run the command again, and a new database begins",
    },
  );

const cannotStart = ({ logFile }: ServerPlace, output: string): Failure =>
  new Failure("DB006", `the embedded database does not start: ${causeIn(output)}`, {
    fix: `${fixFor(output)}; its log is ${logFile}`,
  });
