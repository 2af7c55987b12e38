// @ts-check
"use strict";
/**
 * Keeps one embedded server while somebody uses it: a process of its own, started by `start-keeper.ts`, that outlives the
 * command that started it. Plain JavaScript, for it runs as it stands both from `src/` (under a test runner) and `dist/`.
 *
 *     no server    -> start one, again until it answers; other keepers may be at the same, PostgreSQL lets one win
 *     connected    -> take the keeper's lock, or leave the server to the keeper that has it
 *     in use       -> look once a second who else is connected
 *     unused       -> after `lingerMs` take the lock that users share: whoever comes now knows that the server is closing
 *     closing      -> fast shutdown, remove the folder of the socket, exit
 *
 * A killed keeper leaves a server that runs on; the next command finds it without a keeper and starts one.
 */
const { spawn } = require("node:child_process");
const { chown, lstat, mkdir, readFile, readlink, realpath, rm, rmdir } = require("node:fs/promises");
const { setTimeout: delay } = require("node:timers/promises");
const { Client } = require("pg");

/** @typedef {import("./start-keeper").KeeperOrder} KeeperOrder */

/** @type {KeeperOrder} */
const order = JSON.parse(process.argv[2] ?? "{}");
const lockFile = `${order.dataDirectory}/postmaster.pid`;
const START_ATTEMPTS = 5;

/** @type {import("node:child_process").ChildProcess | null} */
let server = null;
let closing = false;

async function main() {
  const session = await connectOrStart();
  session.on("error", () => undefined);
  const { rows } = await session.query("SELECT pg_try_advisory_lock($1, $2) AS taken", order.keeperLock);
  if (!rows[0]?.taken) {
    await session.end();
    // Also when the server is this keeper's child: it lives on with the other keeper.
    process.exit(0);
  }
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => void close());
  await untilUnused(session);
  await close();
}

/** Connects to the server, starting it as often as it takes. */
async function connectOrStart() {
  for (let attempts = 0; ; await delay(50)) {
    const session = await connect();
    if (session !== null) return session;
    if (server !== null || (await livingPostmaster()) !== null) continue;
    if (attempts === START_ATTEMPTS) throw new Error("PostgreSQL ended each time it was started");
    if (attempts > 0) await delay(300);
    attempts += 1;
    await openSocketDirectory();
    await clearStaleLocks();
    start();
  }
}

/** @returns {Promise<Client | null>} null while there is nobody to talk to */
async function connect() {
  const { host, port, user } = order;
  const password = await readFile(order.passwordFile, "utf8");
  const session = new Client({
    host,
    port,
    user,
    password,
    database: "postgres",
    application_name: "understudy keeper",
  });
  try {
    await session.connect();
    return session;
  } catch (error) {
    if (order.absent.includes(codeOf(error)) || /^Connection terminated/.test(messageOf(error))) return null;
    throw error;
  }
}

function start() {
  const { binary, args, env, uid, gid, dataDirectory } = order;
  const identity = uid === null || gid === null ? {} : { uid, gid };
  const child = spawn(binary, args, { cwd: dataDirectory, env, stdio: ["ignore", "inherit", "inherit"], ...identity });
  const ended = () => {
    server = null;
  };
  child.once("exit", ended);
  child.once("error", (error) => {
    console.error(`keeper: ${error.message}`);
    ended();
  });
  server = child;
}

/** The folder's name can be guessed, and /tmp is everybody's: what somebody else put there is not used. */
async function openSocketDirectory() {
  const { host: directory, uid, gid } = order;
  await mkdir(directory, { mode: 0o700 }).catch((error) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
  const found = await lstat(directory);
  const mine = found.uid === process.getuid?.();
  if (!found.isDirectory() || !(mine || found.uid === uid) || (found.mode & 0o077) !== 0) {
    throw new Error(`${directory} belongs to somebody else; remove it`);
  }
  if (mine && uid !== null && gid !== null) await chown(directory, uid, gid);
}

/** A killed server's number that another process was given since would keep PostgreSQL from starting. */
async function clearStaleLocks() {
  for (const file of [lockFile, `${order.host}/.s.PGSQL.${order.port}.lock`]) {
    const pid = await numberIn(file);
    if (pid !== null && (await ownerOfNumber(pid)) === "another process") await rm(file, { force: true });
  }
}

/** The server's process number, if it lives. */
async function livingPostmaster() {
  const pid = await numberIn(lockFile);
  return pid !== null && (await ownerOfNumber(pid)) === "the server" ? pid : null;
}

/** @param {string} file a lock file of PostgreSQL, whose first line is the process number */
async function numberIn(file) {
  const pid = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
  return pid > 0 ? pid : null;
}

/**
 * A server works in its data folder; where there is no /proc to tell, whoever has the number is taken for it.
 *
 * @param {number} pid
 */
async function ownerOfNumber(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return "nobody";
  }
  // One that was killed but whom nobody has buried yet still has its number, but no folder.
  const folder = await readlink(`/proc/${pid}/cwd`).catch((error) =>
    process.platform === "linux" && codeOf(error) === "ENOENT" ? "" : null,
  );
  return folder === null || folder === (await realpath(order.dataDirectory)) ? "the server" : "another process";
}

/** @param {Client} session */
async function untilUnused(session) {
  let quietSince = Date.now();
  for (;;) {
    await delay(Math.min(1000, order.lingerMs / 3));
    const { rows } = await session.query(
      "SELECT count(*)::int AS others FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    );
    if (rows[0]?.others > 0) quietSince = Date.now();
    if (Date.now() - quietSince < order.lingerMs) continue;
    const lock = await session.query("SELECT pg_try_advisory_lock($1, $2) AS taken", order.usersLock);
    if (lock.rows[0]?.taken) return;
  }
}

async function close() {
  if (closing) return;
  closing = true;
  const pid = await livingPostmaster();
  if (pid !== null) process.kill(pid, "SIGINT");
  await end(0);
}

/** @param {number} code */
async function end(code) {
  while (server !== null || (await livingPostmaster()) !== null) await delay(20);
  await rmdir(order.host).catch(() => undefined);
  process.exit(code);
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {unknown} error */
const codeOf = (error) => (error instanceof Error && "code" in error ? String(error.code) : "");

main().catch((error) => {
  if (closing) return;
  console.error(`keeper: ${error.message}`);
  // A server that still runs was not lost, only out of this keeper's reach: its users start another keeper.
  return livingPostmaster().then((pid) => (pid === null ? end(1) : process.exit(1)));
});
