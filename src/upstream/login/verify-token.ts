import { createLocalJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import { isJsonObject, type JsonObject } from "../../domain/json";
import { TOKEN_LENGTH } from "../../domain/login";
import { claimsOf } from "./claims";

/** Signatures by a key pair. None by a shared secret: a public key would do for one. */
const PUBLIC_KEY_ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

/** Seconds that two clocks may differ by. */
export const CLOCK_TOLERANCE = 30;

export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface VerifiedToken {
  readonly claims: JsonObject;
  readonly type: string | null;
}

type Verified = VerifiedToken | "refused" | "unknown-key";

/** A token signed with one of an issuer's keys. Keys that it brings itself, or names an address of, are not looked at. */
export async function verifyByKeys(token: string, keys: JsonObject, rules: TokenRules): Promise<Verified> {
  try {
    const set = createLocalJWKSet(keys as unknown as Parameters<typeof createLocalJWKSet>[0]);
    return await verified(token, (key) => jwtVerify(token, key ?? set, optionsOf(rules, PUBLIC_KEY_ALGORITHMS)), rules);
  } catch (error) {
    // A new key may have no name, or that of the one before.
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed)
      return "unknown-key";
    return refusedBy(error);
  }
}

/** A token signed with a key that both sides know. */
export async function verifyBySecret(
  token: string,
  secret: string,
  algorithm: string,
  rules: TokenRules,
): Promise<VerifiedToken | "refused"> {
  const key = new TextEncoder().encode(secret);
  try {
    return await verified(token, () => jwtVerify(token, key, optionsOf(rules, [algorithm])), rules);
  } catch (error) {
    return refusedBy(error);
  }
}

type Key = Exclude<Parameters<typeof jwtVerify>[1], (...args: never) => unknown>;
type Verify = (key?: Key) => Promise<{ readonly payload: JWTPayload; readonly protectedHeader: { typ?: string } }>;

async function verified(token: string, verify: Verify, { now }: TokenRules): Promise<VerifiedToken | "refused"> {
  if (token.length > TOKEN_LENGTH) return "refused";
  const { payload, protectedHeader } = await verify().catch(async (error: unknown) => {
    // Without a `kid` any key of the kind may have signed it.
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      const found = await verify(key).catch(unlessOtherKey);
      if (found !== null) return found;
    }
    throw new errors.JWSSignatureVerificationFailed();
  });
  if (isLogout(payload, protectedHeader)) return "refused";
  if (payload.iat !== undefined && payload.iat * 1000 > now + CLOCK_TOLERANCE * 1000) return "refused";
  const claims = claimsOf(token);
  return claims === null ? "refused" : { claims, type: protectedHeader.typ ?? null };
}

const LOGOUT = "http://schemas.openid.net/event/backchannel-logout";

/**
 * One that ends a session begins none (RFC 8725, 3.11). It is told by its type, which many leave out, or by the event in it (OpenID
 * Connect Back-Channel Logout, 2.4).
 */
const isLogout = ({ events }: JWTPayload, { typ = "" }: { readonly typ?: string }): boolean =>
  /^(application\/)?logout\+jwt$/i.test(typ) || (isJsonObject(events) && Object.hasOwn(events, LOGOUT));

function unlessOtherKey(error: unknown): null {
  if (error instanceof errors.JWSSignatureVerificationFailed) return null;
  throw error;
}

const optionsOf = ({ issuer, audience, now }: TokenRules, algorithms: string[]): JWTVerifyOptions => ({
  issuer,
  audience,
  algorithms,
  clockTolerance: CLOCK_TOLERANCE,
  currentDate: new Date(now),
  // One that never ends could not be taken back.
  requiredClaims: ["exp"],
});

/** Whatever keeps a token from being verified is a no: it is the bearer's, for the keys are good. */
function refusedBy(error: unknown): "refused" {
  if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException)
    return "refused";
  throw error;
}
