import type { RunEvent } from "../domain/run-events";
import type { RunProgress } from "./queue-store";

/** Makes of progress as it comes, with what came before or again, each event once and in order. */
export function readProgress(listener: (event: RunEvent) => void): (progress: unknown) => void {
  let next = 0;
  return (progress) => {
    if (!isProgress(progress)) return;
    for (const [index, event] of progress.events.entries()) {
      if (progress.from + index < next) continue;
      next = progress.from + index + 1;
      listener(event);
    }
  };
}

/** A job without progress has 0 there, and another program's anything. */
function isProgress(value: unknown): value is RunProgress {
  return (
    typeof value === "object" &&
    value !== null &&
    "from" in value &&
    Number.isSafeInteger(value.from) &&
    "events" in value &&
    Array.isArray(value.events)
  );
}
