/** JWTs signed with a key that both sides know: nobody is asked. */
import type { Credential, LiveOutcome, TokenWay } from "../../domain/login";
import type { LoginClient } from "./login-client";
import { indeterminate, REFUSED } from "./outcomes";
import type { UsedTokens } from "./ports";
import { accepted, type ReadSubject } from "./read-subject";
import { CLOCK_TOLERANCE, verifyBySecret } from "./verify-token";
import type { Way } from "./way";

interface JwtWayOptions {
  readonly way: Extract<TokenWay, { kind: "jwt" }>;
  readonly client: LoginClient;
  readonly readSubject: ReadSubject;
  readonly used: UsedTokens;
}

export const createJwtWay = ({ way, client, readSubject, used }: JwtWayOptions): Way => {
  const { issuer, audience } = way;
  return {
    async check(credential: Credential): Promise<LiveOutcome> {
      if (credential.kind !== "token") return indeterminate("unmapped");
      const rules = { issuer, audience, now: client.now() };
      const verified = await verifyBySecret(credential.token, way.key.reveal(), way.algorithm, rules);
      if (verified === "refused") return REFUSED;
      const { jti, exp } = verified.claims;
      if (way.once) {
        if (typeof jti !== "string" || jti === "") return REFUSED;
        const until = (Number(exp) + CLOCK_TOLERANCE) * 1000;
        if (!(await used.claim(client.job.source, `jwt ${issuer} ${jti}`, until))) return REFUSED;
      }
      return accepted(readSubject, way.subject, verified.claims);
    },
    probe: async () => undefined,
  };
};
