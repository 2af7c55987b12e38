import { hostname, userInfo } from "node:os";
import type { Trigger } from "../../domain/runs";

/** Who asks from the command line: `user@host`, for the audit. */
export function triggeredBy(reason: string | undefined): Trigger {
  return { kind: "cli", by: `${userName()}@${hostname()}`, reason: reason ?? null };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a uid that has no name.
    return String(process.getuid?.() ?? "unknown");
  }
}
