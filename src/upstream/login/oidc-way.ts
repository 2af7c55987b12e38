/** ID and access tokens of an OpenID provider, verified here by the keys that it publishes. */
import type { JsonObject } from "../../domain/json";
import type { Credential, LiveOutcome, TokenWay } from "../../domain/login";
import { createIssuer, type Issuer, type IssuerNow } from "./issuer";
import type { LoginClient } from "./login-client";
import { indeterminate, REFUSED } from "./outcomes";
import type { IssuerMemory } from "./ports";
import { accepted, type ReadSubject } from "./read-subject";
import { type TokenRules, type VerifiedToken, verifyByKeys } from "./verify-token";
import type { Way } from "./way";

type OidcWay = Extract<TokenWay, { kind: "oidc" }>;

interface OidcWayOptions {
  readonly way: OidcWay;
  readonly client: LoginClient;
  readonly readSubject: ReadSubject;
  readonly issuers: IssuerMemory;
}

export const createOidcWay = ({ way, client, readSubject, issuers }: OidcWayOptions): Way => {
  const issuer = createIssuer({ client, issuer: way.issuer, keysFor: way.keysFor, memory: issuers });
  return {
    async check(credential: Credential, signal): Promise<LiveOutcome> {
      if (credential.kind !== "token") return indeterminate("unmapped");
      const verified = await verifyByIssuer(
        credential.token,
        issuer,
        { audience: way.audience, now: client.now() },
        signal,
      );
      if (verified === null || !isForUs(verified, way)) return REFUSED;
      return accepted(readSubject, way.subject, verified.claims);
    },
    probe: (signal) => issuer.probe(signal),
  };
};

/** Null is a no. A key that is not known may be a new one, so the issuer is asked once more. */
export async function verifyByIssuer(
  token: string,
  issuer: Issuer,
  rules: Omit<TokenRules, "issuer">,
  signal: AbortSignal,
): Promise<VerifiedToken | null> {
  const verify = ({ keys, metadata }: IssuerNow) => verifyByKeys(token, keys, { ...rules, issuer: metadata.issuer });
  const found = await verify(await issuer.now(signal));
  const last = found === "unknown-key" ? await verify(await issuer.renewed(signal)) : found;
  return typeof last === "string" ? null : last;
}

/**
 * Whether the token was made for us, and not for another client that shares the audience (OpenID Connect Core, 3.1.3.7).
 * An access token (RFC 9068) says who asked for it, and is for its audience none the less.
 */
function isForUs({ claims, type }: VerifiedToken, { audience, clients }: OidcWay): boolean {
  const party = claims.azp ?? claims.client_id;
  if (clients !== null) return typeof party === "string" && clients.includes(party);
  if (/^(application\/)?at\+jwt$/i.test(type ?? "")) return true;
  return claims.azp === undefined ? !isSharedOut(claims) : claims.azp === audience;
}

const isSharedOut = ({ aud }: JsonObject): boolean => Array.isArray(aud) && aud.length > 1;
