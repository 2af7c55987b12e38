import type { AuthorizationServer } from "oauth4webapi";
import { Failure } from "../../domain/errors";
import { isJsonObject, type JsonObject } from "../../domain/json";
import { refuseStatus } from "./guarded-fetch";
import type { LoginClient } from "./login-client";
import { readAnswer } from "./read-answer";

/**
 * What an OpenID provider says of whom an access token was issued for (OpenID Connect Core, 5.3); null when it has no such
 * endpoint. By our own client and reader, which keep all digits of a number.
 *
 * @throws Failure of the upstream, also when it speaks of somebody else than the ID token
 */
export async function askUserinfo(
  { http, limits }: Pick<LoginClient, "http" | "limits">,
  { issuer, userinfo_endpoint: endpoint }: AuthorizationServer,
  { accessToken, sub }: { readonly accessToken: string; readonly sub: unknown },
  signal: AbortSignal,
): Promise<JsonObject | null> {
  if (endpoint === undefined || !URL.canParse(endpoint)) return null;
  const url = new URL(endpoint);
  const shown = `the userinfo endpoint ${url.origin}${url.pathname}`;
  if (issuer.startsWith("https:") && url.protocol !== "https:")
    throw new Failure("UPS013", `${shown} is named by ${issuer} at an address without TLS`);
  const headers = { accept: "application/json", authorization: `Bearer ${accessToken}` };
  const answer = await http.send({ method: "GET", url, shown, headers }, signal);
  const { status } = answer;
  refuseStatus(status, shown);
  const claims = readAnswer(answer, shown, limits);
  // A token and its answer may have been swapped on the way (5.3.2).
  if (status !== 200 || !isJsonObject(claims) || claims.sub !== sub)
    throw new Failure("UPS013", `${shown} did not say who signed in (status ${status})`);
  return claims;
}
