import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  type Client,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  customFetch,
  None,
  processAuthorizationCodeResponse,
  ResponseBodyError,
  validateAuthResponse,
} from "oauth4webapi";
import { Failure } from "../../domain/errors";
import type { BrowserWay, LiveOutcome } from "../../domain/login";
import type { BegunSignIn } from "../../domain/sign-in";
import { askUserinfo } from "./ask-userinfo";
import { createGuardedFetch, libraryFailure } from "./guarded-fetch";
import type { Issuer, IssuerNow } from "./issuer";
import type { LoginClient } from "./login-client";
import { verifyByIssuer } from "./oidc-way";
import { ABOUT_US, indeterminate, REFUSED, unavailable } from "./outcomes";
import { accepted, type ReadSubject } from "./read-subject";
import { CLOCK_TOLERANCE } from "./verify-token";

interface Redemption {
  readonly params: URLSearchParams;
  readonly state: string;
  readonly begun: BegunSignIn;
  readonly way: BrowserWay;
  readonly client: LoginClient;
  readonly issuer: Issuer;
  readonly readSubject: ReadSubject;
}

/** Exchanges what came back for an ID token, and that for a person. */
export async function redeemCode(redemption: Redemption, signal: AbortSignal): Promise<LiveOutcome> {
  const { way, client, issuer, readSubject } = redemption;
  const provider = await issuer.now(signal);
  const given = await askForTokens(redemption, provider, signal);
  if ("outcome" in given) return given;
  const { idToken, accessToken } = given;
  // The endpoint's TLS vouches for it already; its signature does so for who is in between.
  const verified = await verifyByIssuer(idToken, issuer, { audience: way.clientId, now: client.now() }, signal);
  if (verified === null) return indeterminate("nonsense");
  const { claims } = verified;
  // Where the claims of a scope are which the ID token leaves out (OpenID Connect Core, 5.4).
  const userinfo = () => askUserinfo(client, provider.metadata, { accessToken, sub: claims.sub }, signal);
  return accepted(readSubject, way.subject, claims, { more: userinfo });
}

interface GivenTokens {
  readonly idToken: string;
  readonly accessToken: string;
}

/** The tokens, the claims of the ID token looked at, or what the answer means. */
async function askForTokens(
  { params, state, begun, way, client }: Redemption,
  { metadata }: IssuerNow,
  signal: AbortSignal,
): Promise<GivenTokens | LiveOutcome> {
  const us: Client = { client_id: way.clientId };
  const proof = clientAuth(way, metadata.token_endpoint_auth_methods_supported);
  const isPlain = metadata.issuer.startsWith("http:");
  const options = { [customFetch]: createGuardedFetch(client, signal), [allowInsecureRequests]: isPlain };
  try {
    const valid = validateAuthResponse(metadata, us, params, state);
    const { callback } = way;
    const { verifier, nonce } = begun;
    const response = await authorizationCodeGrantRequest(metadata, us, proof, valid, callback, verifier, options);
    const tokens = await processAuthorizationCodeResponse(metadata, withTolerance(us), response, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    const { id_token: idToken, access_token: accessToken } = tokens;
    return idToken === undefined ? indeterminate("nonsense") : { idToken, accessToken };
  } catch (error) {
    if (error instanceof AuthorizationResponseError) return meaningOf(error.error);
    if (error instanceof ResponseBodyError)
      return ABOUT_US.includes(error.error) ? OUR_ACCOUNT : indeterminate("unmapped");
    throw asFailure(error, way);
  }
}

const OUR_ACCOUNT = unavailable("service-account");

/** What the identity provider sent the browser back with instead of a code. A person may have typed it, so none of it is an outage. */
const meaningOf = (error: string): LiveOutcome => (error === "access_denied" ? REFUSED : indeterminate("unmapped"));

/** 401 with a challenge is how some refuse our account. */
function asFailure(error: unknown, { issuer }: BrowserWay): unknown {
  if (error instanceof Error && "code" in error && error.code === "OAUTH_WWW_AUTHENTICATE_CHALLENGE")
    return new Failure("UPS005", `the token endpoint of ${issuer} refused our client credentials`, { cause: error });
  return libraryFailure(error, `the OpenID provider ${issuer}`);
}

function clientAuth({ clientSecret }: BrowserWay, methods: readonly string[] | undefined): ClientAuth {
  if (clientSecret === null) return None();
  const isPostOnly = methods?.includes("client_secret_post") === true && !methods.includes("client_secret_basic");
  return isPostOnly ? ClientSecretPost(clientSecret.reveal()) : ClientSecretBasic(clientSecret.reveal());
}

const withTolerance = (client: Client): Client => ({ ...client, [clockTolerance]: CLOCK_TOLERANCE });
