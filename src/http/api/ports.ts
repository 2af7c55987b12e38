/** The services that the API calls. They reject with a `Failure` for what is expected to go wrong; null is nobody, or no. */
import type { Accepted, Caller, Introspection, Tokens } from "../../domain/api";
import type { JsonObject } from "../../domain/json";
import type { StartedSignIn } from "../../domain/live-check";
import type { GrantRequest, LocalGrant } from "../../domain/local-access";
import type { Identity, IdentityPage, LiveOutcome, LoginAnswer, LoginCall } from "../../domain/login";

/** A login by what the browser brought back from the customer's sign-in. */
export interface CodeCall extends Omit<LoginCall, "credential"> {
  readonly credential: { readonly kind: "code"; readonly code: string; readonly verifier: string | null };
}

interface IdentityFilter {
  readonly source: string;
  /** Where an earlier page ended. */
  readonly after: string | null;
  readonly limit: number;
  /** Both compare without regard to case. */
  readonly username: string | null;
  readonly email: string | null;
}

interface StartRequest {
  readonly source: string;
  readonly returnTo: string;
  readonly state: string | null;
  /** PKCE (S256) of the application. */
  readonly challenge: string | null;
  readonly browser: string | null;
}

interface SentBack {
  /** Where to send the person, with a code or an error in the query. */
  readonly address: string;
  /** What became of it, for the log: where no code was sent, not `accepted`. */
  readonly outcome: LiveOutcome["outcome"];
  /** Null for a code, and for a no that says nothing more. */
  readonly reason: string | null;
}

export interface ApiServices {
  /** Null for a key that is unknown, revoked or over. */
  findCaller(key: string): Promise<Caller | null>;
  login(call: LoginCall | CodeCall): Promise<LoginAnswer>;
  readonly sessions: {
    open(accepted: Accepted, caller: Caller): Promise<Tokens | null>;
    renew(handle: string, caller: Caller): Promise<Tokens | null>;
    end(token: string, caller: Caller): Promise<boolean>;
    introspect(token: string, caller: Caller): Promise<Introspection>;
  };
  /** RFC 7517. */
  publishedKeys(): Promise<{ readonly keys: readonly JsonObject[] }>;
  identity(source: string, key: string): Promise<Identity>;
  identities(filter: IdentityFilter): Promise<IdentityPage>;
  grants(filter: { source: string; user: string; all: boolean }): Promise<readonly LocalGrant[]>;
  grantRole(request: GrantRequest): Promise<LocalGrant>;
  revokeGrant(request: { source: string; id: number; by: string; reason: string | null }): Promise<LocalGrant>;
  startSignIn(request: StartRequest): Promise<StartedSignIn>;
  finishSignIn(source: string, params: URLSearchParams, browser: string | null): Promise<SentBack>;
}
