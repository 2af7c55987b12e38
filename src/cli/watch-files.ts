import { stat } from "node:fs/promises";
import { join } from "node:path";
import { findFiles } from "../config/find-files";
import { pause } from "../domain/pause";

/** Milliseconds between two looks, and how long files must stay as they are before they count as saved. */
const POLL_INTERVAL = 200;

/**
 * Yields at once, and again whenever the job or mapping files have changed since. Ends when the signal is aborted. The files are
 * looked at rather than listened to: that sees what editors rename into place, and folders shared over a network.
 */
export async function* changesOf(home: string, signal: AbortSignal): AsyncGenerator<void, void, undefined> {
  let worked = await fingerprint(home);
  let before = worked;
  yield;
  for (;;) {
    await pause(POLL_INTERVAL, signal);
    if (signal.aborted) return;
    const now = await fingerprint(home);
    // An editor writes in several steps: only what stayed the same from one look to the next is finished.
    const isSettled = now === before;
    before = now;
    if (!isSettled || now === worked) continue;
    worked = now;
    yield;
  }
}

/** Another text for any change of any file. */
async function fingerprint(home: string): Promise<string> {
  const { jobs, mappings, misnamed } = await findFiles(home);
  const files = [...jobs.values(), ...[...mappings.values()].flatMap((found) => [...found.values()]), ...misnamed];
  const marks = files.map(async (file) => {
    const found = await stat(join(home, file)).catch(() => null);
    return found === null ? file : [file, found.ino, found.size, found.mtimeMs].join(" ");
  });
  return (await Promise.all(marks)).join("\n");
}
