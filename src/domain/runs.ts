import type { EntityName } from "./entities";
import { EXIT } from "./exit-codes";
import type { HeldBack, HoldSummary } from "./holds";
import type { PasswordCounts } from "./passwords";
import type { RevertRequest, RevertSummary } from "./revert";

export const OUTCOMES = [
  "ok",
  "rejects",
  "held",
  "incomplete",
  "upstream",
  "busy",
  "store",
  "drift",
  "interrupted",
  "failed",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Exit codes by outcome; `invalid files` and `usage` end before a run begins. */
export const EXIT_OF: Readonly<Record<Outcome, number>> = {
  ok: EXIT.done,
  rejects: EXIT.rejects,
  held: EXIT.held,
  incomplete: EXIT.upstream,
  upstream: EXIT.upstream,
  busy: EXIT.busy,
  store: EXIT.store,
  drift: EXIT.drift,
  interrupted: EXIT.interrupted,
  failed: EXIT.bug,
};

/** How a run ended, in words that follow its name: "run 7 ended without the customer's system". */
export const ENDED: Readonly<Record<Outcome, string>> = {
  ok: "finished",
  rejects: "finished with rejects",
  held: "finished with changes held",
  incomplete: "ended incomplete",
  upstream: "ended without the customer's system",
  busy: "did not begin",
  store: "ended without its own database",
  drift: "applied nothing",
  interrupted: "was interrupted",
  failed: "failed",
};

/** Of a run whose process could not say it any more. Who ends it keeps the same words, in `sync.end_dead_run`. */
export const PROCESS_DIED = "the process that worked this run died; what was written before is whole";

/** Of runs that read what they were to read: what they reject or hold waits for a person, and for no other reading. */
export const READ_COMPLETELY: readonly Outcome[] = ["ok", "rejects", "held"];

/** Of runs that have looked at the source, be it not at all of it. */
export const READ_AT_LEAST_PARTLY: readonly Outcome[] = [...READ_COMPLETELY, "incomplete"];

/** @param outcome null while a run has not ended */
export const hasReadCompletely = (outcome: Outcome | null): boolean =>
  outcome !== null && READ_COMPLETELY.includes(outcome);

export interface Trigger {
  /** A person; the schedule; logins, of which the mirror answered some while the customer's system was away. */
  readonly kind: "cli" | "schedule" | "logins";
  /** Who: `user@host` for the command line, otherwise the kind. */
  readonly by: string;
  readonly reason: string | null;
  /** The scheduled moment that a run of the schedule is for. */
  readonly slot?: string;
}

/** `fetched = new + changed + same + restored + rejected + skipped`; `after = before + new + restored - gone`. */
export interface EntityCounts {
  readonly fetched: number;
  readonly new: number;
  readonly changed: number;
  readonly same: number;
  /** Of the same, those told by their digest: they were not even parsed. */
  readonly unparsed: number;
  /** Most records came otherwise than before although nothing that is mapped changed: they were compared by value. */
  readonly volatile: boolean;
  readonly restored: number;
  readonly rejected: number;
  /** Of the rejected, people whose records say that they may not sign in any more: that alone was taken over. Left out if 0. */
  readonly deactivated?: number;
  /** Rejected before and not any more: they map again, or are left out on purpose. */
  readonly healed: number;
  readonly skipped: number;
  readonly gone: number;
  /** Changes that wait for a person. */
  readonly held: number;
  /** Absent, and waiting for the second witness. */
  readonly absent: number;
  /** Of the absent, those that a complete run had missed before: their list alone is no last witness. Left out if 0. */
  readonly absentAgain?: number;
  /** Met again on a later page; not in `fetched`. */
  readonly duplicates: number;
  /** Every record was met, so that an absence means something. */
  readonly complete: boolean;
  /** Only what changed was asked for: then it is not complete, and need not be. Left out elsewhere. */
  readonly incremental?: true;
  /** Why it is not complete, in plain words. */
  readonly incompleteBecause: string | null;
  readonly before: number;
  readonly after: number;
}

/** `after = before + granted - revoked`, counting links as the upstream states them. */
export interface LinkCounts {
  readonly granted: number;
  readonly revoked: number;
  readonly held: number;
  /** Links one of whose ends is not live; they heal by themselves. */
  readonly dangling: number;
  /** Why a stream that states them was not read completely, in plain words. Left out where all were. */
  readonly incompleteBecause?: string;
  readonly before: number;
  readonly after: number;
}

export interface Reject {
  readonly entity: string;
  readonly key: string | null;
  /** Of one without a key, as in `page 1, record 53`; it is called so where its record is kept. */
  readonly place?: string;
  readonly field: string | null;
  readonly code: string;
  readonly reason: string;
}

/** Reads the whole source, of which the run has read a part, or only what changed of it. */
export function wholeRunAfter({ source, entities }: Pick<RunReport, "source" | "entities">): string {
  const isIncremental = Object.values(entities).some(
    (counts) => "incremental" in counts && counts.incremental === true,
  );
  return `understudy sync ${source}${isIncremental ? " --full" : ""}`;
}

export interface RunReport {
  readonly run: number;
  readonly source: string;
  readonly outcome: Outcome;
  readonly exitCode: number;
  readonly plan: string | null;
  readonly trigger: Trigger;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly requests: number;
  readonly bytes: number;
  readonly entities: Readonly<Record<string, EntityCounts | LinkCounts>>;
  readonly rejects: readonly Reject[];
  /** Rejects beyond those listed. */
  readonly rejectsOmitted: number;
  readonly hold: HoldSummary | null;
  /** Only where `hold` is another run's and over other changes. */
  readonly heldBack?: HeldBack;
  /** What went wrong, for outcomes other than ok, rejects and held. */
  readonly error: { readonly code: string; readonly message: string; readonly fix: string | null } | null;
  /** Remarks that change nothing about the outcome. */
  readonly notes: readonly string[];
  /** Where a mapping reads passwords, and some were read. */
  readonly passwords?: PasswordCounts;
  /** Of a rekey alone. */
  readonly rekey?: RekeySummary;
  /** Of a revert alone. */
  readonly revert?: RevertSummary;
}

/** What the report of a run says that read nothing and applied no change set. */
export const NOTHING_READ = {
  plan: null,
  requests: 0,
  bytes: 0,
  entities: {},
  rejects: [],
  rejectsOmitted: 0,
  hold: null,
  error: null,
  notes: [],
} as const satisfies Partial<RunReport>;

/** The keys of one entity, as an old and a new expression read them from the same records. */
export interface RekeySummary {
  readonly stream: string;
  readonly entity: EntityName;
  /** Expressions, with the `let` they use. */
  readonly from: string;
  readonly to: string;
  /** Records of the mirror that get another key, those that are gone included. */
  readonly renamed: number;
  readonly same: number;
  /** Live in the mirror and not met upstream: they keep their old key. */
  readonly unmet: number;
  /** The first of each, in the order of their old keys. */
  readonly examples: readonly { readonly old: string; readonly new: string }[];
  readonly unmetKeys: readonly string[];
  readonly applied: boolean;
}

/** What a run is asked to do. */
export interface RunOptions {
  readonly mode: "sync" | "plan" | "rekey" | "revert";
  /** Names of streams; null means all. */
  readonly only: readonly string[] | null;
  /** Resync one person. */
  readonly user: string | null;
  /** A full pass even where the job reads incrementally. */
  readonly full: boolean;
  /** Apply exactly this stored plan. */
  readonly planId: string | null;
  /** Lets through what this run held: asked for by a person who has seen that, and nothing else. */
  readonly release?: number;
  /** For a rekey: whose keys, and how many the person saw; without a number it only tells. */
  readonly rekey?: { readonly stream: string; readonly expect: number | null };
  /** For a revert: what is undone, and how many changes the person saw. */
  readonly revert?: RevertRequest & { readonly expect: number };
  /** Left to a worker: nobody waits for it, so it is put into the queue again when that has lost it. */
  readonly detached?: true;
}

/** The options of a run that leaves nothing out. */
export const EVERYTHING: Pick<RunOptions, "only" | "user" | "full" | "planId"> = {
  only: null,
  user: null,
  full: false,
  planId: null,
};

/** No run has this number; it stands for reading the customer's system outside of a run. */
export const NO_RUN = 0;

/** A run, with what is needed to work it. */
export interface QueuedRun {
  readonly run: number;
  readonly source: string;
  readonly options: RunOptions;
  readonly trigger: Trigger;
}

export interface RunSummary {
  readonly run: number;
  readonly source: string;
  readonly mode: "sync" | "plan" | "retire" | "rekey" | "revert";
  readonly state: "queued" | "running" | "finished";
  readonly outcome: Outcome | null;
  readonly trigger: Trigger;
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Null until finished; of a run whose process died, as `finishedAt`, until somebody notes its end. */
  readonly report: RunReport | null;
}

/** Its process died, and nobody has come by since who notes when and how it ended. */
export const isUnnoted = ({ state, finishedAt }: RunSummary): boolean => state === "finished" && finishedAt === null;
