/** Sessions and signing keys, as the policy of tokens and the store of them both speak of them. Instants are milliseconds. */
import type { Caller, SignedIn } from "./api";
import type { JsonObject } from "./json";

export interface NewSession extends SignedIn {
  readonly id: string;
  readonly family: Buffer;
  readonly handle: Buffer;
  readonly caller: Caller;
  /** As the login had it: a session is of one password. RFC 3339. */
  readonly passwordChangedAt: string | null;
  /** Seconds. */
  readonly lifetime: number;
}

export interface Session extends SignedIn {
  readonly id: string;
  readonly handle: Buffer;
  readonly previous: Buffer | null;
  readonly renewedAt: number;
  readonly signedInAt: number;
  readonly expiresAt: number;
  /** Of the key that opened it. */
  readonly callerName: string;
  /** Whether the person may sign in at this moment, as the mirror has it. */
  readonly mayHold: boolean;
  /** By the clock of the database, which all processes share. */
  readonly now: number;
}

/** What is to become of a session whose handle was brought: it gets this one, stays as it is, or ends. */
export type HandleVerdict =
  | { readonly verdict: "renew"; readonly handle: Buffer }
  | { readonly verdict: "keep" }
  | { readonly verdict: "end" };

/** `sealed` is a JWE that only holders of the secret can open. */
export interface SigningKeyRow {
  readonly kid: string;
  readonly public: JsonObject;
  readonly sealed: string;
  readonly signsFrom: number;
}
