import type { LoginPolicy } from "../../domain/login";
import type { Variables } from "../variables";
import type { Entry } from "../yaml/entry";
import { readLoginWays } from "./read-login-ways";
import { readDuration } from "./read-policies";

const MODES = ["live-first", "mirror-first", "live-only", "mirror-only"] as const;

/** `login:` of a job file; without it nobody signs in at the source. */
export function readLogin(entry: Entry | null, variables: Variables, source: string): LoginPolicy | null {
  if (entry === null) return null;
  const mode = MODES.find((word) => word === entry.get("mode")?.text()) ?? "live-first";
  const ways = readLoginWays(entry, variables, source);
  const policy: LoginPolicy = {
    mode,
    maxAge: readMaxAge(entry, mode),
    offline: readOffline(entry, mode),
    freshness: readFreshness(entry.get("freshness")),
    deadline: readDeadline(entry.get("deadline")),
    defaultRoles: (entry.get("defaultRoles")?.items() ?? []).map((item) => item.written() ?? ""),
    ...ways,
  };
  if (mode !== "mirror-only" && Object.values(ways).every((way) => way === null))
    entry.report({
      code: "CFG004",
      message: "`login` does not say how the customer's system is asked",
      hint: "add `password`, `token` or `browser`; `mode: mirror-only` asks nobody",
      atKey: true,
    });
  return policy;
}

/** How young an answer of the mirror must be for `mirror-first`. */
function readMaxAge(entry: Entry, mode: LoginPolicy["mode"]): number {
  const written = entry.get("maxAge");
  if (written !== null && mode !== "mirror-first")
    written.report({ message: `\`maxAge\` means something for \`mode: mirror-first\` only`, atKey: true });
  return readDuration(written, "15m");
}

/** 0 turns it off; NIST and the makers of directories agree that days are enough. */
function readOffline(entry: Entry, mode: LoginPolicy["mode"]): number {
  const written = entry.get("offline");
  const offline = readDuration(written, mode === "live-only" ? "0s" : "72h", { most: "120h" });
  if (written === null) return offline;
  if (offline === 0 && mode !== "live-only")
    written.report({
      message: `\`offline: ${written.text()}\` lets nobody in by the mirror, which \`mode: ${mode}\` is for`,
      hint: "write `mode: live-only`",
      ...(mode === "live-first" ? { severity: "warning" as const } : {}),
    });
  return offline;
}

function readFreshness(entry: Entry | null): LoginPolicy["freshness"] {
  const privileged = entry?.get("privileged") ?? null;
  const roles = (entry?.get("roles")?.entries() ?? []).map((role) => [role.name, readDuration(role, "1h")] as const);
  return {
    // `any`: a role that is marked so counts however old the mirror is.
    privileged: privileged?.text() === "any" ? null : readDuration(privileged, "1h"),
    roles: Object.fromEntries(roles),
  };
}

const readDeadline = (entry: Entry | null): number =>
  readDuration(entry, "3s", { least: "100ms", most: "30s", because: "a person waits for it" });
