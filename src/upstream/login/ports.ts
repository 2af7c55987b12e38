import type { JsonObject } from "../../domain/json";
import type { Expression } from "../../domain/mapping";
import type { BegunSignIn } from "../../domain/sign-in";

/** Works out one of the job's expressions, within limits of its own; never rejects for what the input holds. */
export type Evaluate = (expression: Expression, input: JsonObject) => Promise<Evaluated>;

/** `problem` is in plain words and holds nothing of the input. */
type Evaluated = { readonly value: unknown } | { readonly problem: string };

/** The key of the one person with that user name who is present in the mirror; null for nobody. */
export type FindKey = (source: string, username: string) => Promise<string | null>;

/** What was last heard from issuers, kept for all processes, so that a restart does not depend on them. Milliseconds since 1970. */
export interface IssuerMemory {
  load(source: string, issuer: string): Promise<RememberedIssuer | null>;
  save(source: string, issuer: string, remembered: RememberedIssuer): Promise<void>;
}

export interface RememberedIssuer {
  /** The discovery document. */
  readonly metadata: JsonObject;
  /** The key set (RFC 7517). */
  readonly keys: JsonObject;
  readonly fetchedAt: number;
}

/** Tokens and assertions that are taken once. */
export interface UsedTokens {
  /** True for the first who asks, whatever process it is; forgotten after `until`, in milliseconds since 1970. */
  claim(source: string, id: string, until: number): Promise<boolean>;
}

/** Sign-ins by browser that were begun. */
export interface SignIns {
  keep(state: string, signIn: BegunSignIn): Promise<void>;
  /** Takes it away, whatever comes of it; null when it is unknown, was taken, or is over. */
  take(state: string): Promise<BegunSignIn | null>;
}
