/** Telling people and systems that a source is no longer as it was. */
import type { SourceStatus } from "./answers";
import type { Outcome } from "./runs";
import type { Secret } from "./secret";

/** What can be told; that a source is just being read is no news. */
export const TOLD_STATES = ["fresh", "held", "stale", "late", "never", "retired"] as const;
export type ToldState = Exclude<SourceStatus["state"], "running">;

/** One entry under `notify:` of a job. */
export type NotifyTarget = WebhookTarget | MailTarget;

interface Targeted {
  /** Fingerprint of what is written in the file, before variables are filled in: it names the target in the database. */
  readonly id: string;
  /** Told when a source comes into one of these. */
  readonly on: readonly ToldState[];
}

interface WebhookTarget extends Targeted {
  readonly kind: "webhook";
  /** With whatever it holds to be let in. */
  readonly url: Secret;
  /** Signs what is sent; null where nothing is signed. */
  readonly secret: Secret | null;
  /** Whether loopback, private and link-local addresses may be connected to. */
  readonly allowPrivate: boolean;
}

interface MailTarget extends Targeted {
  readonly kind: "email";
  /** One address: each is a target of its own, for a server may take a mail for one and not yet for another. */
  readonly to: string;
}

/** What a receiver is told: no personal data, no secret. */
export interface Notice {
  /** The same at every attempt: who gets it twice can tell. */
  readonly id: string;
  readonly source: string;
  readonly state: ToldState | "test";
  /** What it was before; null for a test. */
  readonly was: ToldState | null;
  /** What `status` said at that moment. */
  readonly sentence: string;
  /** The latest run, and how it ended. */
  readonly run: number | null;
  readonly outcome: Outcome | null;
  /** RFC 3339. */
  readonly at: string;
}

/** What came of an attempt: where it went, in words that hold no secret, and what kept it, or null. */
export interface Attempt {
  readonly to: string;
  readonly problem: string | null;
  /** Another attempt cannot help: the receiver wants no more. */
  readonly isFinal: boolean;
}

/** One target of a source, and what came of a test message. */
export interface NotifyTest {
  readonly target: NotifyTarget["kind"];
  readonly to: string;
  readonly delivered: boolean;
  readonly problem: string | null;
}
