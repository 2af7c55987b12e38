/** Sign-in by browser: OpenID Connect with authorization code, PKCE, `state` and `nonce` (RFC 9700). */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { Failure } from "../../domain/errors";
import type { LoginJob } from "../../domain/job";
import type { BrowserSignIn, FinishedSignIn, SignInRequest, StartedSignIn } from "../../domain/live-check";
import type { Log } from "../../domain/log";
import type { BrowserWay } from "../../domain/login";
import type { BegunSignIn } from "../../domain/sign-in";
import { type Resolver, systemResolver } from "../http/address-guard";
import { interrupted } from "../http/interruption";
import type { Limits } from "../http/limits";
import { DIRECT, type Outgoing } from "../http/outgoing";
import { createIssuer } from "./issuer";
import { createLoginClient, withinDeadline } from "./login-client";
import type { Evaluate, FindKey, IssuerMemory, SignIns } from "./ports";
import { createReadSubject } from "./read-subject";
import { redeemCode } from "./redeem-code";

export interface BrowserSignInOptions {
  readonly job: LoginJob;
  readonly way: BrowserWay;
  /** Milliseconds, for each time the identity provider is asked. */
  readonly deadline: number;
  readonly log: Log;
  readonly evaluate: Evaluate;
  readonly findKey: FindKey;
  readonly issuers: IssuerMemory;
  readonly signIns: SignIns;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly resolver?: Resolver;
  readonly outgoing?: Outgoing;
  readonly limits?: Partial<Limits>;
}

/** Keys are asked for when somebody signs in, so what is known of them may be a day old. */
const KEYS_FOR = 86_400_000;

export function createBrowserSignIn(options: BrowserSignInOptions): BrowserSignIn {
  const { job, way, deadline, log, signIns, now = Date.now, limits = {} } = options;
  const { resolver = systemResolver, outgoing = DIRECT } = options;
  const client = createLoginClient({ job, deadline, log, limits, resolver, outgoing, now });
  const issuer = createIssuer({ client, issuer: way.issuer, keysFor: KEYS_FOR, memory: options.issuers });
  const readSubject = createReadSubject(job.source, options);

  return {
    async start(request: SignInRequest, signal): Promise<StartedSignIn> {
      if (!way.returnTo.includes(request.returnTo)) throw wrongAddress(job);
      const { metadata } = await issuer.now(signal);
      const endpoint = metadata.authorization_endpoint;
      if (endpoint === undefined || !URL.canParse(endpoint) || new URL(endpoint).protocol === "javascript:")
        throw new Failure("UPS013", `the OpenID provider ${way.issuer} does not say where people sign in`);
      const browser = request.browser !== null && isOurs(request.browser) ? request.browser : secret();
      const [state, nonce, verifier] = [secret(), secret(), secret()];
      const { source } = job;
      const { returnTo, state: own, challenge } = request;
      await signIns.keep(state, { source, nonce, verifier, returnTo, state: own, challenge, browser: digest(browser) });
      const url = new URL(endpoint);
      const params = {
        response_type: "code",
        client_id: way.clientId,
        redirect_uri: way.callback,
        scope: way.scope,
        state,
        nonce,
        code_challenge: digest(verifier),
        code_challenge_method: "S256",
      };
      for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
      return { url: url.href, browser, path: new URL(".", way.callback).pathname };
    },
    async finish({ params, browser }, signal): Promise<FinishedSignIn> {
      if (signal.aborted) throw interrupted();
      const state = params.get("state") ?? "";
      const begun = isOurs(state) ? await signIns.take(state) : null;
      if (begun === null || begun.source !== job.source || browser === null || !isSame(digest(browser), begun.browser))
        throw unknownSignIn();
      const outcome = await withinDeadline(
        deadline,
        signal,
        (limited) => redeemCode({ params, state, begun, way, client, issuer, readSubject }, limited),
        (failure) => tell(failure, log, job),
      );
      return { outcome, ...sentBack(begun) };
    },
    close: () => client.http.close(),
  };
}

const sentBack = ({ returnTo, state, challenge }: BegunSignIn) => ({ returnTo, state, challenge });

/** 256 bits that nobody guesses. */
const secret = (): string => randomBytes(32).toString("base64url");
const isOurs = (text: string): boolean => /^[\w-]{43}$/.test(text);

/** SHA-256 in base64url: also what PKCE sends of a verifier (RFC 7636, 4.2). */
const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");
const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

const wrongAddress = ({ file, source }: LoginJob): Failure =>
  new Failure("LOG021", `people of \`${source}\` may not be sent back to that address`, {
    fix: `name the application's exact address under \`login.browser.returnTo\` in ${file}`,
  });

const unknownSignIn = (): Failure =>
  new Failure(
    "LOG022",
    "this sign-in is unknown, was finished already, took longer than ten minutes, or was begun in another browser",
    {
      fix: "begin again, from the application",
    },
  );

function tell(failure: unknown, log: Log, { source }: LoginJob): void {
  if (!(failure instanceof Failure)) return;
  log.warn("a sign-in by browser could not be finished", { source, code: failure.code, problem: failure.message });
}
