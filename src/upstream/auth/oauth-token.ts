/** OAuth 2.0 client credentials (RFC 6749, 4.4): one token for all requests, fetched again shortly before it ends. */
import { Failure } from "../../domain/errors";
import type { Auth, Job } from "../../domain/job";
import { checkStatus } from "../http/check-status";
import type { Answer, HttpRequest } from "../http/http-client";
import { orInterrupted } from "../http/interruption";
import type { Limits } from "../http/limits";
import { readPath } from "../http/places";
import { readJson } from "../http/read-json";
import type { Tried } from "../http/retry";
import type { Authenticator, Credentials } from "./authenticate";
import { clientCredentials } from "./client-credentials";

type OAuth = Extract<Auth, { kind: "oauth2" }>;

/** A token is no longer used this long before its end, or from four fifths of its life on. */
const MARGIN = 60_000;
const USED_SHARE = 0.8;

/** The error codes of RFC 6749, 5.2; others may hold anything and are not repeated. */
const ERRORS = [
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
];

export const createTokenAuthenticator = ({
  auth,
  job,
  limits,
  now,
  send,
}: {
  readonly auth: OAuth;
  readonly job: Pick<Job, "file" | "auth">;
  readonly limits: Limits;
  readonly now: () => number;
  /** Sends with retries, for as long as the upstream is open, whoever else gives up waiting. */
  readonly send: (request: HttpRequest) => Promise<Tried>;
}): Authenticator => {
  const url = new URL(auth.tokenUrl);
  const shown = `the token endpoint ${url.origin}${url.pathname}`;
  let current: { readonly credentials: Credentials; readonly until: number } | null = null;
  let coming: Promise<Credentials> | null = null;

  const fetchToken = async (): Promise<Credentials> => {
    const asked = now();
    const tried = await send({ method: "POST", url, shown, ...tokenRequest(auth) });
    const { answer } = tried;
    if (answer.status === 400 || answer.status === 401 || answer.status === 403) throw refusal(answer, shown, job);
    checkStatus(tried, { url, shown }, job, "auth.tokenUrl");
    const body = readJson(answer, shown, limits, "auth.tokenUrl");
    const token = readPath(body, ["access_token"]);
    if (typeof token !== "string" || token === "")
      throw new Failure("UPS017", `${shown} answered without an \`access_token\``, {
        fix: `check \`auth.tokenUrl\` in ${job.file}`,
      });
    const type = readPath(body, ["token_type"]);
    if (type !== undefined && String(type).toLowerCase() !== "bearer")
      throw new Failure("UPS017", `${shown} gives tokens of another type than Bearer, which are not supported`, {
        fix: `have the customer's system give Bearer tokens to this client, or use another \`auth.kind\` in ${job.file}`,
      });

    const seconds = Number(readPath(body, ["expires_in"]));
    const life = seconds > 0 ? seconds * 1000 : Number.POSITIVE_INFINITY;
    const credentials = { headers: { authorization: `Bearer ${token}` }, query: {} };
    current = { credentials, until: asked + Math.max(life - MARGIN, life * USED_SHARE) };
    return credentials;
  };

  return {
    async credentials(signal) {
      if (current !== null && now() < current.until) return current.credentials;
      coming ??= fetchToken().finally(() => {
        coming = null;
      });
      return orInterrupted(coming, signal);
    },
    renew(refused) {
      // Of many requests refused at once only the first may throw the token away; the others meet its successor.
      if (current?.credentials === refused) current = null;
      return true;
    },
  };
};

const tokenRequest = (auth: OAuth): Pick<HttpRequest, "headers"> & { body: string } => {
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  if (auth.scope !== null) form.set("scope", auth.scope);
  if (auth.audience !== null) form.set("audience", auth.audience);
  const headers = clientCredentials(auth, form);
  return { headers, body: form.toString() };
};

const refusal = (answer: Answer, shown: string, job: Pick<Job, "file">): Failure => {
  const error = ERRORS.find((known) => known === errorOf(answer));
  return new Failure(
    "UPS005",
    `${shown} refused our client credentials with status ${answer.status}${error ? ` (${error})` : ""}`,
    {
      fix:
        error === "invalid_scope"
          ? `check \`auth.scope\` in ${job.file}`
          : `check \`auth.clientId\`, \`auth.clientSecret\` and \`auth.send\` in ${job.file}, and whether the secret has expired`,
      data: { status: answer.status },
    },
  );
};

const errorOf = ({ body }: Answer): unknown => {
  try {
    return readPath(JSON.parse(body.whole().toString()), ["error"]);
  } catch {
    return undefined;
  }
};
