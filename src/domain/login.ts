/**
 * Signing in: what somebody brings, what the customer's system says of it, and what Understudy answers.
 *
 * Only "out of reach" falls back to the mirror. An upstream no is final, and what cannot be read either way is no yes.
 */
import type { Expression } from "./mapping";
import type { Secret } from "./secret";

/** What somebody signs in with. A password is taken byte for byte, as UTF-8, up to `PASSWORD_BYTES`. */
export type Credential =
  | { readonly kind: "password"; readonly login: string; readonly password: string }
  /** An ID or access token, or a SAML response in base64. */
  | { readonly kind: "token"; readonly token: string };

export const PASSWORD_BYTES = 1024;

/** Characters of a token; a SAML response with hundreds of groups has some ten thousand. */
export const TOKEN_LENGTH = 60_000;

/** What the customer's system says of a credential. `key` is the person's key in the mirror. */
export type LiveOutcome =
  /** Without a key it was told of a user name that nobody has in the mirror. */
  | { readonly outcome: "accepted"; readonly key: string | null }
  | { readonly outcome: "refused" }
  | { readonly outcome: "disabled"; readonly key: string | null }
  /** Out of reach: connection refused, DNS, timeout, 5xx, or our own service account refused. The only one that falls back. */
  | {
      readonly outcome: "unavailable";
      readonly reason: "network" | "timeout" | "server-error" | "breaker" | "service-account";
    }
  /** An answer that says neither yes nor no: 429, nonsense, a redirect, a bad certificate. Never falls back. */
  | {
      readonly outcome: "indeterminate";
      readonly reason: "rate-limited" | "nonsense" | "redirect" | "certificate" | "unmapped";
    };

/** `login:` of a job, validated. Durations are milliseconds. */
export interface LoginPolicy {
  readonly mode: "live-first" | "mirror-first" | "live-only" | "mirror-only";
  /** `mirror-first`: how long ago the last live yes may be for the mirror to answer without asking. */
  readonly maxAge: number;
  /** How long a verifier answers after the last live yes; 0 turns it off, 120 hours at most. */
  readonly offline: number;
  /** How old the mirror may be for a role to count in an outage, by role key; `privileged` holds for roles marked so. */
  readonly freshness: { readonly privileged: number | null; readonly roles: Readonly<Record<string, number>> };
  /** The longest a live check may take. */
  readonly deadline: number;
  /** Role keys that everybody of the source holds. */
  readonly defaultRoles: readonly string[];
  /** How a login and password are checked; null when the source takes none. */
  readonly password: PasswordWay | null;
  /** How a token is checked. */
  readonly token: TokenWay | null;
  /** Sign-in by browser. */
  readonly browser: BrowserWay | null;
}

/** The roles that a policy names, by their keys. */
export const rolesNamedBy = (policy: Pick<LoginPolicy, "defaultRoles" | "freshness"> | null): readonly string[] =>
  policy === null ? [] : [...new Set([...policy.defaultRoles, ...Object.keys(policy.freshness.roles)])];

/**
 * A request to the customer's own endpoint, below `baseUrl` or at an address of its own. `{login}`, `{password}` and `{token}`
 * are the only templates; what is secret never stands in an address.
 */
export interface LoginRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Login and password go as HTTP basic. */
  readonly basic: boolean;
  /** Sent as JSON, or as a form. Null sends none. */
  readonly body: { readonly as: "json" | "form"; readonly values: Readonly<Record<string, unknown>> } | null;
}

/**
 * Expressions over `{status, headers, body, login}`. The first that is true tells: `disabled`, then `success`, then `refused`;
 * when none is, the answer is indeterminate (5xx is out of reach before any of them is asked). `subject` gives the mirror's key.
 */
export interface HttpWay {
  readonly kind: "http";
  readonly request: LoginRequest;
  readonly success: Expression;
  readonly refused: Expression;
  readonly disabled: Expression | null;
  readonly subject: SubjectRule;
}

/**
 * The person's key, or username, in the mirror, by an expression: over what the way's other expressions see, over
 * `{claims, body, login}` of a password grant, over a token's claims, or over `{nameId, sessionIndex, attributes}` of an assertion.
 */
export interface SubjectRule {
  readonly by: "key" | "username";
  readonly from: Expression;
}

export type PasswordWay =
  | HttpWay
  | {
      readonly kind: "oauth2-password";
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: Secret | null;
      /** How the client authenticates at the token endpoint. */
      readonly send: "basic" | "body";
      readonly scope: string | null;
      readonly subject: SubjectRule;
    };

export type TokenWay =
  | HttpWay
  | {
      readonly kind: "oidc";
      readonly issuer: string;
      readonly audience: string;
      /** Whose tokens are taken, by `azp` or `client_id`; null takes those made for the audience itself, and access tokens. */
      readonly clients: readonly string[] | null;
      /** How long fetched keys may be used while the issuer is away. */
      readonly keysFor: number;
      readonly subject: SubjectRule;
    }
  | {
      readonly kind: "introspection";
      readonly url: string;
      readonly clientId: string;
      readonly clientSecret: Secret;
      readonly send: "basic" | "body";
      readonly subject: SubjectRule;
    }
  | {
      readonly kind: "jwt";
      readonly algorithm: "HS256" | "HS384" | "HS512";
      readonly key: Secret;
      readonly issuer: string;
      readonly audience: string;
      /** Takes a token, by its `jti`, a single time. */
      readonly once: boolean;
      readonly subject: SubjectRule;
    }
  | {
      readonly kind: "saml";
      readonly issuer: string;
      /** PEM, one each; any of them may have signed. */
      readonly certificates: readonly string[];
      readonly audience: string;
      readonly recipient: string;
      readonly subject: SubjectRule;
    };

/** Sign-in by browser: authorization code with PKCE, `state` and `nonce`. */
export interface BrowserWay {
  readonly kind: "oidc";
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret | null;
  readonly scope: string;
  /** Where the issuer sends people back to: our own `/v1/login/{source}/callback`, as the outside world sees it. */
  readonly callback: string;
  /** Where the customer's users may be sent back to: exact addresses of applications. */
  readonly returnTo: readonly string[];
  readonly subject: SubjectRule;
}

/** Somebody present in the mirror, or a local administrator. Times are milliseconds since 1970. */
export interface Account {
  readonly key: string;
  /** Made here: the customer's system is never asked about them. */
  readonly isLocal: boolean;
  /** The stable local id: what verifiers are bound to. */
  readonly id: string;
  readonly status: "active" | "locked" | "disabled";
  readonly validFrom: number | null;
  readonly validUntil: number | null;
  readonly passwordChangedAt: number | null;
}

/** Who, what they may do, where they belong. */
export interface Subject {
  readonly source: string;
  readonly key: string;
  /** The stable local id. */
  readonly id: string;
  readonly username: string;
  readonly displayName: string | null;
  readonly email: string | null;
  readonly roles: readonly {
    readonly key: string;
    readonly name: string;
    readonly org: string | null;
    /** `upstream`, `default` or `local`. */
    readonly origin: "upstream" | "default" | "local";
    readonly expiresAt: string | null;
  }[];
  /** Effective: the union over roles. */
  readonly permissions: readonly { readonly key: string; readonly name: string; readonly via: readonly string[] }[];
  /** `path` from the root to the organization itself. */
  readonly organizations: readonly { readonly key: string; readonly name: string; readonly path: readonly string[] }[];
}

/** What a login is answered. A refusal says nothing more, so that nobody learns whether the account exists. */
export type LoginAnswer =
  | {
      readonly result: "accepted";
      readonly basis: "live" | "mirror";
      /** When the answer was true: now for a live one, else when the mirror was last read completely. */
      readonly asOf: string;
      readonly ageSeconds: number;
      readonly upstream: { readonly state: "up" | "down" | "not-asked"; readonly afterMs: number };
      readonly subject: Subject;
      /** When the password was changed last, as the mirror had it when it was looked at; RFC 3339, null when unknown. */
      readonly passwordChangedAt: string | null;
    }
  | { readonly result: "refused" }
  /** Neither the customer's system nor the mirror can say. Seconds. */
  | { readonly result: "unavailable"; readonly retryAfter: number };

/** Somebody wants to be let in. */
export interface LoginCall {
  readonly source: string;
  readonly credential: Credential;
  /** What the caller knows of the person: the address, for the limits. */
  readonly client: { readonly address: string | null };
}

/** The same when the customer's system was asked elsewhere: in a sign-in by browser. */
export interface LiveAnswer extends Omit<LoginCall, "credential"> {
  readonly outcome: LiveOutcome;
}

/** A person as the mirror has it, whoever asks. */
export interface Identity extends Subject {
  /** Only `active` people are let in. */
  readonly status: "active" | "locked" | "disabled";
  /** When the mirror was last read completely. */
  readonly asOf: string;
}

export interface IdentityPage {
  readonly identities: readonly Identity[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
}

/** The source of local administrators; no job can have that name. */
export const LOCAL_SOURCE = "local";

export interface VerifyAnswer {
  readonly answer: LoginAnswer;
  readonly steps: readonly LoginStep[];
}

/** Steps of one login, for `verify`: what was asked, in order, and what came of it. Holds no secret and no password. */
export interface LoginStep {
  readonly step: string;
  readonly found: string;
}
