/** What the commands answer: plain values, JSON as they stand. Times are RFC 3339 in UTC. */
import type { AuditEntry, Change } from "./changes";
import type { Problem } from "./errors";
import type { JsonObject } from "./json";
import type { HoldSummary, RunReport, RunSummary } from "./runs";

/** Who gains or loses what, told in people's terms. */
export interface AccessChange {
  readonly source: string;
  /** `role` when everybody who holds the role is meant: its permissions change. */
  readonly subject: "user" | "role";
  /** Key of the user, or of the role. */
  readonly user: string;
  /** Display name, else username, or the role's name; masked where the mapping says `pii`. */
  readonly name: string;
  readonly effect: "gains" | "loses";
  /** `sign-in` for an account that appears, is enabled, disabled or removed. */
  readonly what: "sign-in" | "role" | "organization" | "permission";
  readonly target: string;
  readonly targetName: string | null;
  /** For a role: how many people hold it. */
  readonly holders: number | null;
  readonly held: boolean;
}

export interface PlanAnswer {
  readonly report: RunReport;
  readonly access: readonly AccessChange[];
  readonly accessTotal: number;
  readonly changes: readonly Change[];
  readonly changesTotal: number;
  readonly expiresAt: string | null;
}

/** One person, from the mirror: who, what they may do, where they belong. */
export interface PersonAnswer {
  readonly source: string;
  readonly key: string;
  readonly id: string;
  readonly username: string;
  readonly status: string;
  readonly tombstonedAt: string | null;
  readonly values: JsonObject;
  readonly attributes: JsonObject;
  readonly roles: readonly {
    readonly key: string;
    readonly name: string | null;
    readonly org: string | null;
    readonly origin: string;
  }[];
  /** Effective: the union over roles. */
  readonly permissions: readonly {
    readonly key: string;
    readonly name: string | null;
    readonly via: readonly string[];
  }[];
  /** `path` from the root to the organization itself. */
  readonly organizations: readonly {
    readonly key: string;
    readonly name: string | null;
    readonly path: readonly string[];
  }[];
  /** When the source was last read completely. */
  readonly asOf: string | null;
}

/** What the mirror knows about a source. */
export interface SourceFacts {
  readonly source: string;
  readonly lastComplete: string | null;
  /** Live records and links by name; those without any are left out. */
  readonly counts: Readonly<Record<string, number>>;
  readonly rejects: number;
  readonly dangling: number;
  readonly lastRun: number | null;
  readonly busyWith: number | null;
}

export interface SourceStatus {
  readonly source: string;
  /** fresh; stale: the last run did not finish well; never: no complete run yet; running; held; retired: in the mirror, no job file. */
  readonly state: "fresh" | "stale" | "never" | "running" | "held" | "retired";
  /** One plain sentence: what is so, since when, why, what to do. */
  readonly sentence: string;
  readonly lastComplete: string | null;
  readonly lastRun: RunSummary | null;
  readonly holds: readonly HoldSummary[];
  readonly counts: Readonly<Record<string, number>>;
  readonly rejects: number;
  readonly dangling: number;
  /** Streams in the mirror that no file describes any more. */
  readonly retiredEntities: readonly string[];
}

export interface DoctorCheck {
  readonly name: string;
  readonly state: "ok" | "warning" | "error";
  /** What is used, or what is wrong. */
  readonly message: string;
  readonly fix: string | null;
}

export interface CheckAnswer {
  readonly files: readonly string[];
  readonly sources: readonly string[];
  readonly problems: readonly Problem[];
}

export interface AuditAnswer {
  readonly source: string;
  readonly key: string;
  readonly entries: readonly AuditEntry[];
}

export interface MigrateAnswer {
  readonly applied: readonly string[];
  readonly version: string;
}
