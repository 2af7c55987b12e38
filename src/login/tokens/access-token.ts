import { randomUUID } from "node:crypto";
import { decodeJwt, errors, jwtVerify, SignJWT } from "jose";
import { ALGORITHM, type KeyRing } from "./key-ring";

/** Seconds. Short: an application that checks a token by the key set alone learns of its end no earlier. */
export const TOKEN_LIFETIME = 300;
/** RFC 9068. */
const TYPE = "at+jwt";
/** Seconds that clocks may differ. */
const TOLERANCE = 5;

/** What a token says. Names no person but by ids: it travels through many logs. */
export interface TokenClaims {
  /** The source. */
  readonly aud: string;
  /** The person's stable local id. */
  readonly sub: string;
  /** The person's key in the source. */
  readonly key: string;
  /** The application that asked. */
  readonly client_id: string;
  /** The session. */
  readonly sid: string;
  readonly basis: "live" | "mirror";
  /** When the login's answer was true, RFC 3339. */
  readonly asOf: string;
}

export interface VerifiedToken extends TokenClaims {
  readonly iss: string;
  readonly iat: number;
  readonly exp: number;
}

/** A signed JWT: EdDSA, by the key that signs at this moment. */
export async function signToken(
  claims: TokenClaims,
  issuer: string,
  ring: KeyRing,
  clock: () => number,
): Promise<string> {
  const { kid, key } = await ring.signing();
  const now = Math.floor(clock() / 1000);
  const { aud, sub, ...own } = claims;
  return new SignJWT(own)
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
    .setIssuer(issuer)
    .setAudience(aud)
    .setSubject(sub)
    .setJti(randomUUID())
    .setIssuedAt(now)
    .setExpirationTime(now + TOKEN_LIFETIME)
    .sign(key);
}

/**
 * What a token says, when it is ours, for one of these sources, and neither over nor from the future; else null. A key that the
 * token brings itself, or tells where to fetch, is never looked at.
 *
 * @param mayBeOver takes it however old it is, as long as its key is there
 */
export async function verifyToken(
  token: string,
  {
    issuer,
    sources,
    ring,
    clock,
    mayBeOver = false,
  }: {
    readonly issuer: string;
    readonly sources: readonly string[];
    readonly ring: KeyRing;
    readonly clock: () => number;
    readonly mayBeOver?: boolean;
  },
): Promise<VerifiedToken | null> {
  try {
    // As at the moment when it was made.
    const currentDate = new Date(mayBeOver ? Number(decodeJwt(token).iat) * 1000 : clock());
    const { payload } = await jwtVerify<TokenClaims & { iss: string; iat: number; exp: number }>(
      token,
      async ({ kid }) => {
        const key = kid === undefined ? null : await ring.publicKey(kid);
        if (key === null) throw new errors.JWKSNoMatchingKey();
        return key;
      },
      {
        algorithms: [ALGORITHM],
        issuer,
        audience: [...sources],
        typ: TYPE,
        clockTolerance: TOLERANCE,
        // Also refuses what was issued in the future.
        maxTokenAge: TOKEN_LIFETIME,
        requiredClaims: ["sub", "sid", "exp", "iat"],
        currentDate,
      },
    );
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}
