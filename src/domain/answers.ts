/** What the commands answer: plain values, JSON as they stand. Times are RFC 3339 in UTC. */
import type { AuditEntry, Change } from "./changes";
import type { EntityName, LinkKind } from "./entities";
import type { Problem } from "./errors";
import type { Json, JsonObject } from "./json";
import type { OfflineFacts } from "./offline";
import type { RevertSummary } from "./revert";
import type { HeldBack, HoldSummary, Reject, RunReport, RunSummary } from "./runs";
import type { SlotSummary } from "./slots";

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
  readonly rejects: number;
  readonly dangling: number;
  readonly lastRun: number | null;
  readonly busyWith: number | null;
  /** When a person ended the source; null again after its next complete run. */
  readonly retiredAt: string | null;
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
  /** What a run of a part, or of what changed, held beside them: a run of the whole source has it decided. */
  readonly heldBack: (HeldBack & { readonly run: number }) | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly rejects: number;
  readonly dangling: number;
  /** Null when the source runs only when asked. */
  readonly schedule: ScheduleStatus | null;
  /** Streams in the mirror that no file describes any more. */
  readonly retiredEntities: readonly string[];
  /** Entities whose records differ at every read although nothing that is mapped changed: compared by value, which takes longer. */
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
}

export interface AuditAnswer {
  readonly source: string;
  readonly key: string;
  readonly entries: readonly AuditEntry[];
}

/** An entry as it is exported: also those of no record, such as of a source that was retired or of a key for applications. */
export interface ExportedEntry extends Omit<AuditEntry, "entity"> {
  /** Entries of one moment are in the order of their ids. */
  readonly id: number;
  readonly entity: string;
  /** Who states a link of a child stream: the key of its parent. Null of everything else. */
  readonly owner: string | null;
}

/** What an export holds, told once it is whole. */
export interface ExportSummary {
  /** Null for all of them. */
  readonly source: string | null;
  /** What was before is left out. */
  readonly since: string | null;
  /** What was then or later is left out. */
  readonly until: string | null;
  /** What was committed after that is not among the entries. */
  readonly asOf: string;
  readonly count: number;
  /** Times of the first and the last entry; null when there is none. */
  readonly first: string | null;
  readonly last: string | null;
}

/** What became of a record between two moments, by the key that it has now. */
export interface RecordDifference {
  readonly entity: EntityName;
  readonly key: string;
  /** Display name, else username, or the record's name, as it is now; masked where the mapping says `pii`. */
  readonly name: string | null;
  readonly kind: "created" | "removed" | "restored" | "changed";
  /** The fields that differ; a rename by `key`. Null of what was created or removed. */
  readonly old: JsonObject | null;
  /** Of what was created all its fields; null of what was removed. */
  readonly new: JsonObject | null;
}

/** A link that is held at one of two moments alone. */
export interface LinkDifference {
  readonly kind: LinkKind;
  readonly key: string;
  readonly name: string | null;
  readonly related: string;
  readonly relatedName: string | null;
  /** The org a role is held within. */
  readonly scope: string | null;
  readonly effect: "gained" | "lost";
}

export interface DiffAnswer {
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly records: readonly RecordDifference[];
  readonly recordsTotal: number;
  readonly links: readonly LinkDifference[];
  readonly linksTotal: number;
  /** Why this may not be the whole truth, for people. */
  readonly note: string | null;
}

/** Somebody who holds a role at a moment, and how that came about. */
export interface RoleHolder {
  readonly key: string;
  /** Display name, else username, as it is now; masked where the mapping says `pii`. Null for a person never mirrored. */
  readonly name: string | null;
  /** The org the role is held within. */
  readonly org: string | null;
  readonly since: string;
  readonly run: number;
  readonly cause: string;
  readonly actor: string;
  readonly reason: string | null;
}

/** A seal that was kept outside of the database. */
export interface KeptSeal {
  readonly seal: number;
  /** Hexadecimal. */
  readonly hash: string;
}

/** What is not as it was when it was sealed. */
export interface SealFinding {
  /**
   * Of an entry: `edited`, `gone` or `added` since. Of the seal itself: `seal-edited`, `seal-missing`, `seal-added`, or `not-kept`
   * where it is another one than was kept outside.
   */
  readonly kind: "edited" | "gone" | "added" | "seal-edited" | "seal-missing" | "seal-added" | "not-kept";
  readonly seal: number;
  /** The id of the entry; null where it is about a seal. */
  readonly entry: number | null;
  /** What the entry says now; null for one that is gone. */
  readonly says: Pick<AuditEntry, "at" | "kind" | "source" | "entity" | "key"> | null;
}

/** Whether the audit says what it said when it was sealed. */
export interface SealsAnswer {
  readonly holds: boolean;
  /** How many were held against what their seals say. */
  readonly entries: number;
  readonly seals: number;
  /** The last seal, to be kept where nobody who changes the database can change it; null before the first. */
  readonly head: (KeptSeal & { readonly sealedAt: string }) | null;
  /** Entries that came after the last seal. */
  readonly unsealed: number;
  readonly findings: readonly SealFinding[];
  readonly findingsTotal: number;
}

export interface WhoAnswer {
  readonly source: string;
  readonly role: { readonly key: string; readonly name: string | null };
  readonly at: string;
  readonly holders: readonly RoleHolder[];
  /** Why this may not be the whole truth, for people. */
  readonly note: string | null;
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
  /** Live users at that moment; they are kept, and answered for no more. */
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
  /** Jobs of the queue by state; null while it does not answer, which keeps nobody from asking the mirror. */
  readonly queue: Readonly<Record<"waiting" | "active" | "delayed", number>> | null;
}

export interface MigrateAnswer {
  readonly applied: readonly string[];
  readonly version: string;
}
