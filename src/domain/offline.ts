/** How ready a source is for an outage, and what became of people whom the mirror let in. Times are RFC 3339. */

/** Why somebody could not be let in by the mirror. */
export type NotReady = "never-let-in" | "too-long-ago" | "password-changed" | "dropped" | "other-pepper";

export interface OfflineReport {
  readonly source: string;
  readonly mode: string;
  /** How long after the last yes of the customer's system the mirror answers; milliseconds. */
  readonly offline: number;
  /** When the mirror was last read completely: how old its answers would be. */
  readonly asOf: string;
  /** People who were let in within the last 30 days. */
  readonly active: number;
  /** Of those: who could be let in now if the customer's system were out of reach. */
  readonly ready: number;
  /** Of the ready ones: whose time is over within 48 hours, the soonest first. */
  readonly ending: readonly { readonly key: string; readonly endsAt: string }[];
  readonly endingTotal: number;
  /** Of the active ones who are not ready, and why. */
  readonly notReady: readonly { readonly key: string; readonly because: NotReady }[];
  readonly notReadyTotal: Readonly<Partial<Record<NotReady, number>>>;
  /** People who may sign in and were never let in here. */
  readonly neverLetIn: number;
  /** Of those: who could be let in now by a password that a mapping brought. */
  readonly neverLetInReady: number;
  readonly drillUntil: string | null;
  /** Since when the customer's system is out of reach; null while it answers. */
  readonly outSince: string | null;
}

/** Somebody whom the mirror let in, and what the customer's system said of them since. */
export interface Admitted {
  readonly key: string;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly times: number;
  /** `unchecked` until the source was read completely again. */
  readonly found: "unchecked" | "active" | "locked" | "disabled" | "gone" | "password-changed";
}

export interface AdmittedAnswer {
  readonly source: string;
  readonly since: string;
  readonly people: readonly Admitted[];
  readonly total: number;
}

export interface DrillAnswer {
  readonly source: string;
  /** Null when it was ended. */
  readonly until: string | null;
}

/** For `/metrics`. */
export interface OfflineFacts {
  readonly active: number;
  readonly ready: number;
  readonly ending: number;
  /** Whether logins ask the customer's system; by a breaker that is open, or a drill, they do not. */
  readonly upstream: UpstreamState;
}

export const UPSTREAM_STATES = ["closed", "open", "drill"] as const;
type UpstreamState = (typeof UPSTREAM_STATES)[number];
