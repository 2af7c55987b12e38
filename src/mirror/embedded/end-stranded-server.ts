import { readFile, readlink, realpath } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { KeeperOrder } from "./start-keeper";

type Place = Pick<KeeperOrder, "dataDirectory" | "host" | "port">;

const END_TIMEOUT_MS = 10_000;

/**
 * Ends the server whose data folder was removed while it ran: it would go on for a minute, at the socket that the server of a new
 * folder needs, with nothing that it could answer from. Only where /proc tells.
 *
 * @returns whether there was one
 */
export async function endStrandedServer(place: Place): Promise<boolean> {
  const stranded = await strandedServer(place);
  if (stranded === null) return false;
  // At once: there is nothing left to write, and sessions that wait for something would wait for ever.
  kill(stranded);
  const deadline = Date.now() + END_TIMEOUT_MS;
  while ((await strandedServer(place)) === stranded && Date.now() < deadline) await delay(20);
  return true;
}

/** The process that holds the socket, when it works in a folder of this name that no longer exists. */
async function strandedServer({ dataDirectory, host, port }: Place): Promise<number | null> {
  const pid = Number.parseInt(await readFile(`${host}/.s.PGSQL.${port}.lock`, "utf8").catch(() => ""), 10);
  if (!(pid > 0)) return null;
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  return folder === `${await realpath(dataDirectory)} (deleted)` ? pid : null;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGQUIT");
  } catch {
    // It has ended by itself meanwhile.
  }
}
