/** What the commands answer: plain values, JSON as they stand. Times are RFC 3339 in UTC. */
import type { CalledBy } from "./audit";
import type { Change } from "./changes";
import type { LinkKind } from "./entities";
import type { Code } from "./error-codes";
import type { Problem } from "./errors";
import type { HeldBack, HoldSummary } from "./holds";
import type { Json, JsonObject } from "./json";
import type { OfflineFacts } from "./offline";
import type { RevertSummary } from "./revert";
import type { Reject, RunReport, RunSummary } from "./runs";
import type { SlotSummary } from "./slots";

/** Who gains or loses what, told in people's terms. */
export interface AccessChange extends CalledBy {
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
  /** Key of the org within which a role is held; null when it is held everywhere. */
  readonly scope: string | null;
  /** For a role: how many people hold it. */
  readonly holders: number | null;
  readonly held: boolean;
}

/** How many changes an answer lists, unless it is asked for all; the rest is counted. */
export const LISTED = 1_000;

export interface PlanAnswer {
  readonly report: RunReport;
  readonly access: readonly AccessChange[];
  readonly accessTotal: number;
  readonly changes: readonly Change[];
  readonly changesTotal: number;
  readonly expiresAt: string | null;
}

/** What waits for a person, change by change; of access as it would be taken or given now. */
export interface HoldAnswer {
  readonly hold: HoldSummary;
  readonly access: readonly AccessChange[];
  readonly accessTotal: number;
  readonly changes: readonly Change[];
  readonly changesTotal: number;
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
  /** Links by what states them: a stream, or a list of one as in `users.roles`. */
  readonly stated: readonly StatedLinks[];
  readonly rejects: number;
  readonly dangling: number;
  readonly lastRun: number | null;
  readonly busyWith: number | null;
  /** When a person ended the source; null again after its next complete run. */
  readonly retiredAt: string | null;
}

export interface StatedLinks {
  readonly kind: LinkKind;
  readonly origin: string;
  readonly count: number;
}

/** When a source runs by itself. */
export interface ScheduleStatus {
  readonly cron: string;
  readonly timezone: string;
  /** The next slot. */
  readonly next: string | null;
  /** The latest slot that was decided. */
  readonly last: SlotSummary | null;
  /** No complete run for two intervals: the slot from which on one is missing. */
  readonly overdueSince: string | null;
  /** When a scheduler last looked; null when none ever did. */
  readonly clockSeenAt: string | null;
}

export interface SourceStatus {
  readonly source: string;
  /**
   * fresh; late: no complete run for two intervals of its schedule; stale: the last run did not finish well; never: no complete
   * run yet; running; held; retired: in the mirror, but without a job file, or ended by a person.
   */
  readonly state: "fresh" | "late" | "stale" | "never" | "running" | "held" | "retired";
  /** One plain sentence: what is so, since when, why, what to do. */
  readonly sentence: string;
  readonly lastComplete: string | null;
  readonly lastRun: RunSummary | null;
  readonly holds: readonly HoldSummary[];
  /**
   * What a run of a part of the source, or of what changed in it, held beside them: a run of the whole source gets it
   * decided.
   */
  readonly heldBack: (HeldBack & { readonly run: number }) | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly rejects: number;
  readonly dangling: number;
  /** Null when the source runs only when asked. */
  readonly schedule: ScheduleStatus | null;
  /** Streams in the mirror that no file describes any more. */
  readonly retiredEntities: readonly string[];
  /**
   * Links stated by a stream or a list that no file describes any more: they stay as they are, and nobody revokes them.
   */
  readonly retiredLinks: readonly StatedLinks[];
  /** Entities most of whose records came otherwise in the last run than before, in nothing that is mapped. */
  readonly volatileEntities: readonly string[];
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
  /** Streams whose records were looked at, and how many. */
  readonly sampled: readonly { readonly source: string; readonly entity: string; readonly records: number }[];
  /** Streams whose records were to be looked at, and why they could not be read. */
  readonly failures: readonly SampleFailure[];
}

export interface SampleFailure {
  readonly source: string;
  readonly entity: string;
  readonly code: Code;
  readonly message: string;
  readonly fix: string | null;
}

/** What `revert` shows before it does anything. */
export interface RevertPlan extends RevertSummary {
  readonly source: string;
  readonly access: readonly AccessChange[];
  readonly accessTotal: number;
  /** Every change; more than can be listed are counted in `changes`. */
  readonly listed: readonly Change[];
}

/** A record that could not be mapped, as it is remembered from run to run. */
export interface KeptReject extends Reject {
  /** Its stream. */
  readonly stream: string;
  /** One after the other. */
  readonly runs: number;
  readonly firstRun: number;
  readonly firstAt: string;
  readonly lastRun: number;
  readonly lastAt: string;
  /** Rejected no more: it maps again, is left out on purpose, or is gone upstream. Null while it is rejected. */
  readonly healed: {
    readonly run: number;
    readonly at: string;
    readonly as: "mapped" | "skipped" | "gone";
  } | null;
  /** As it came last, personal data masked; null where it was not at hand or too large. */
  readonly record: Json;
}

export interface RejectFilter {
  readonly source: string;
  /** Name of a stream or of an entity; null means all. */
  readonly entity: string | null;
  readonly key: string | null;
  /** Also those that have healed in the last 28 days. */
  readonly all: boolean;
  readonly limit: number;
}

export interface RejectsAnswer {
  readonly source: string;
  readonly rejects: readonly KeptReject[];
  /** More than are listed. */
  readonly total: number;
}

export interface RetireAnswer {
  readonly source: string;
  readonly run: number;
  readonly retiredAt: string;
  /** Live users at that moment; they are kept, but no longer answered for. */
  readonly users: number;
}

/** Whether a process can do its work. */
export interface Readiness {
  readonly ready: boolean;
  readonly parts: readonly {
    readonly name: "database" | "queue" | "scheduler" | "worker" | "api";
    readonly ready: boolean;
    readonly message: string;
  }[];
}

/** What `/metrics` tells of the mirror as a whole, whichever process is asked. Instants are RFC 3339. */
export interface MirrorFacts {
  readonly sources: readonly {
    readonly source: string;
    readonly lastComplete: string | null;
    readonly overdue: boolean;
    readonly heldChanges: number;
    readonly rejects: number;
    readonly counts: Readonly<Record<string, number>>;
    /** Null where nobody signs in by the mirror. */
    readonly offline: OfflineFacts | null;
  }[];
  /**
   * Jobs of the queue by state; null while it does not answer, which keeps nobody from asking the mirror. Empty, as the sources are,
   * in a process that may only answer logins.
   */
  readonly queue: Readonly<Partial<Record<"waiting" | "active" | "delayed", number>>> | null;
}

export interface MigrateAnswer {
  readonly applied: readonly string[];
  readonly version: string;
  /** Whether this mirror has separate database roles, which have their rights now. */
  readonly roles: boolean;
}
