/** The API for applications: its callers, and the sessions and tokens it gives out. */
import type { LoginAnswer, Subject } from "./login";

/**
 * What a key may be for. `login`: check logins, renew and end sessions. `introspect`: whether a token is still good.
 * `identities`: read and list people. `grants`: give and take local roles.
 */
export const SCOPES = ["login", "introspect", "identities", "grants"] as const;
export type Scope = (typeof SCOPES)[number];

/** An application that calls, known by its key. */
export interface Caller {
  readonly id: number;
  readonly name: string;
  readonly sources: readonly string[];
  readonly scopes: readonly Scope[];
}

/** A key as it may be shown: never the key itself. Times are RFC 3339. */
export interface ApiKey extends Omit<Caller, "id"> {
  readonly createdAt: string;
  readonly createdBy: string;
  readonly validUntil: string | null;
  readonly revokedAt: string | null;
  /** To the minute. */
  readonly usedAt: string | null;
}

export interface CreateKeyRequest {
  readonly name: string;
  readonly sources: readonly string[];
  readonly scopes: readonly Scope[];
  /** RFC 3339; null for no end. */
  readonly until: string | null;
  readonly by: string;
}

/** Somebody who was let in, as far as a session has to know. */
export interface SignedIn {
  readonly source: string;
  readonly key: string;
  readonly basis: "live" | "mirror";
  /** RFC 3339. */
  readonly asOf: string;
}

/** What an application gets at a login and at every renewal. Durations are seconds. */
export interface Tokens {
  readonly tokenType: "Bearer";
  readonly accessToken: string;
  readonly expiresIn: number;
  /** Good once: the next renewal gives another. */
  readonly refreshToken: string;
  readonly refreshExpiresIn: number;
}

export type Accepted = Extract<LoginAnswer, { readonly result: "accepted" }>;

/** RFC 7662, and who it is as the mirror has it now. `aud` is the source, `sub` the person's stable local id. */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true;
      readonly token_type: "access_token" | "refresh_token";
      readonly iss: string;
      readonly aud: string;
      readonly sub: string;
      readonly client_id: string;
      readonly iat: number;
      readonly exp: number;
      readonly sid: string;
      readonly username: string;
      readonly basis: "live" | "mirror";
      readonly asOf: string;
      readonly subject: Subject;
    };
