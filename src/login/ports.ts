import type { LiveCheck } from "../domain/live-check";
import type { Account, LoginPolicy, Subject } from "../domain/login";

/** What the policy asks of the world. Every time is milliseconds since 1970, by `Clock`. */
export interface LoginPorts {
  readonly sources: Sources;
  readonly directory: Directory;
  readonly verifiers: Verifiers;
  readonly attempts: Attempts;
  readonly breaker: Breaker;
  readonly hasher: Hasher;
  readonly journal: Journal;
  readonly clock: Clock;
}

interface Clock {
  now(): number;
  /** A moment that only moves forward, for durations; milliseconds. */
  elapsed(): number;
  sleep(milliseconds: number): Promise<void>;
}

export interface LoginSource {
  readonly policy: LoginPolicy;
  readonly live: LiveCheck;
}

interface Sources {
  /**
   * @throws Failure USE002 for a source that is not there, LOG001 for one nobody signs in at, and what is wrong with its files
   */
  find(source: string): Promise<LoginSource>;
}

/** What is known of a login without asking anybody else, all of one moment. */
export interface Known {
  /**
   * The person it leads to, by user name, or by what somebody typed when last let in by the customer's system; null for
   * nobody.
   */
  readonly account: Account | null;
  readonly verifier: Verifier | null;
  readonly breaker: BreakerState;
  /** The latest time that anybody here had seen when this was looked at: a clock that was set back shows. */
  readonly seenAt: number;
}

/** Who is in the mirror. A tombstone is nobody. */
interface Directory {
  /** What is known of a login that was begun. @throws Failure USE005 while the mirror of the source answers no questions */
  look(source: string, login: string, now: number): Promise<Known>;
  byKey(source: string, key: string): Promise<Account | null>;
  /** With every role the person holds; null when the person is gone meanwhile. */
  subject(source: string, key: string): Promise<HeldSubject | null>;
}

/** A subject with what the policy decides by. */
export interface HeldSubject {
  readonly subject: Subject;
  /** When the mirror was last read completely. */
  readonly asOf: number;
  /** Keys of the roles that are marked privileged. */
  readonly privileged: ReadonlySet<string>;
}

/** What a password is checked against without the customer's system. */
export interface Verifier {
  /** A hash with its parameters, as `Hasher` made it or a mapping brought it. */
  readonly hash: string;
  /** When the customer's system last vouched for it: the last live yes, or the last complete read of an imported one. */
  readonly vouchedAt: number;
  /** Still in a form that a mapping brought, to be made ours at the first success. */
  readonly isForeign: boolean;
}

interface Verifiers {
  /**
   * Keeps it unless the account was disabled, removed or given another password since it was looked at. A later change
   * of that kind takes it away in the same transaction.
   *
   * @param login what was typed, by which the person is found again
   */
  keep(request: {
    readonly source: string;
    readonly account: Account;
    readonly hash: string;
    readonly vouchedAt: number;
    readonly login: string;
  }): Promise<void>;
  /** An imported one becomes ours: no later than it was vouched for. */
  renew(source: string, account: Account, from: Verifier, hash: string): Promise<void>;
  /**
   * Takes it away, and sees that no login that asked before `askedAt` brings it back.
   *
   * @param hash takes it away only while it is this one; null whatever it is
   */
  drop(request: {
    readonly source: string;
    readonly account: Account;
    readonly askedAt: number;
    readonly hash: string | null;
  }): Promise<void>;
}

/** The person or name that a failure counts against. */
export interface Attempt {
  readonly source: string;
  /** Null for what cannot be guessed: a token, or what nobody could be called. */
  readonly login: string | null;
  /** The person's own address; null when the caller does not know it. */
  readonly address: string | null;
}

type Admission =
  | {
      readonly admitted: true;
      /** Under way until this or `Journal.admit` is told, and failed when this process dies before. Told once at most. */
      readonly settle: (as: "failed" | "neither") => Promise<void>;
    }
  /**
   * `login`: must look like a wrong password. `busy`: as many are under way as may fail, so nothing is known of this one.
   * `address`: too many failures from there; seconds.
   */
  | { readonly admitted: false; readonly because: "login" | "busy" }
  | { readonly admitted: false; readonly because: "address"; readonly retryAfter: number };

/** Counts of failures, shared by all processes. */
interface Attempts {
  /** Looks at a login and counts it as under way. @throws Failure USE005 while the mirror of the source answers no questions */
  begin(attempt: Attempt, now: number): Promise<Known & { readonly admission: Admission }>;
}

/** Whether the customer's system is asked at all. */
export type BreakerState = "closed" | "open" | "drill";

/** Opened by probes, never by what people bring; closed by probes and by any login that is answered. */
interface Breaker {
  /** A login found the customer's system out of reach: have it probed. Does not wait. */
  suspect(source: string): void;
  /** Whether a login may try while it is open: one now and then, where a probe gets errors that logins may not get. */
  mayTry(source: string): boolean;
  /** A login that tried was answered. */
  answered(source: string): Promise<void>;
}

/** Hashes passwords, a few at a time. What is hashed is bound to the source, the account and every byte of the password. */
interface Hasher {
  /** A place in the queue, taken before anybody is asked; null when it is full. */
  enter(source: string): HashPlace | null;
}

export interface HashPlace {
  hash(bound: Bound): Promise<string>;
  /** `unreadable`: made with a pepper, or in a form, that this process does not have. Takes as long as any other. */
  verify(hash: string, bound: Verified): Promise<"right" | "wrong" | "unreadable">;
  /** As much work as `verify`, for nothing. */
  pretend(): Promise<void>;
  leave(): void;
}

interface Bound {
  readonly source: string;
  /** The local id. */
  readonly account: string;
  readonly password: string;
}

export interface Verified extends Bound {
  /** The person's key, for which a hash that a mapping brought is sealed. */
  readonly key: string;
}

export interface JournalEntry {
  readonly source: string;
  readonly account: Account;
  readonly at: number;
  readonly basis: "live" | "mirror";
  /** Of when what the person holds is. */
  readonly asOf: number;
  /** The customer's system did not answer, though it was to be asked. */
  readonly away: boolean;
  /** The one that answered; null when the customer's system did. */
  readonly verifier: Verifier | null;
  /** What was typed; null for who brought something else. */
  readonly login: string | null;
}

/** What is to be known afterwards. */
export interface Journal {
  /** This time was seen, too. @param seenAt the latest that anybody had seen before */
  saw(now: number, seenAt: number): Promise<void>;
  /**
   * Somebody is let in: the last step, in which it is looked once more whether that may still be, and in which the failures
   * counted against them are forgotten. False when the account, or the verifier that answered, went away in the meantime.
   */
  admit(entry: JournalEntry): Promise<boolean>;
  /** Something that a person has to put right; nobody's name is in it. */
  alert(source: string, what: "service-account" | "clock-set-back"): void;
}
