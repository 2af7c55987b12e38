import type { LoginJob } from "../../domain/job";
import type { Log } from "../../domain/log";
import type { LiveOutcome } from "../../domain/login";
import { type Authenticator, createFixedAuthenticator } from "../auth/authenticate";
import { createTokenAuthenticator } from "../auth/oauth-token";
import type { Resolver } from "../http/address-guard";
import { createHttpClient, type HttpClient } from "../http/http-client";
import { openScope } from "../http/interruption";
import { jobHeaders } from "../http/job-headers";
import { DEFAULT_LIMITS, type Limits } from "../http/limits";
import type { Outgoing } from "../http/outgoing";
import { outcomeOfFailure, unavailable } from "./outcomes";

/** The most that an answer may hold: one to a login is small. */
const MAX_BYTES = 1024 * 1024;
/** People who sign in at once do not wait for each other as the requests of a run do. */
const MAX_CONNECTIONS = 64;

/** What every way of asking asks with: one client, guarded and bounded, that never asks twice. */
export interface LoginClient {
  readonly job: LoginJob;
  readonly log: Log;
  readonly limits: Limits;
  readonly http: HttpClient;
  /** The job's own account, for what the customer's system wants to know of us. */
  readonly account: Authenticator;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface LoginClientOptions {
  readonly job: LoginJob;
  /** Milliseconds: the longest an answer may take, whatever it takes to get one. */
  readonly deadline: number;
  readonly log: Log;
  readonly limits?: Partial<Limits>;
  readonly resolver: Resolver;
  readonly outgoing: Outgoing;
  readonly now: () => number;
}

export function createLoginClient(options: LoginClientOptions): LoginClient {
  const { job, deadline, log, limits, resolver, outgoing, now } = options;
  const bounds: Limits = { ...DEFAULT_LIMITS, bytes: MAX_BYTES, ...limits };
  const hurried = { ...job, http: { ...job.http, timeout: deadline, concurrency: MAX_CONNECTIONS } };
  const http = createHttpClient({ job: hurried, headersFor: jobHeaders(job), log, limits: bounds, resolver, outgoing });
  // A token of our own account is asked for once for all who wait, so no single one of them may end it.
  const forever = new AbortController().signal;
  const account =
    job.auth.kind === "oauth2"
      ? createTokenAuthenticator({
          auth: job.auth,
          job,
          limits: bounds,
          now,
          send: async (request) => ({ answer: await http.send(request, forever), tries: "", fix: null }),
        })
      : createFixedAuthenticator(job.auth);
  return { job, log, limits: bounds, http, account, now };
}

/**
 * Gets an outcome within `deadline` milliseconds; trouble on the way is one, too.
 *
 * @throws Failure RUN004 when `signal` aborts
 */
export async function withinDeadline(
  deadline: number,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<LiveOutcome>,
  tell: (failure: unknown) => void,
): Promise<LiveOutcome> {
  const scope = openScope(signal);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    scope.abort();
  }, deadline);
  try {
    return await ask(scope.signal);
  } catch (error) {
    const outcome = late && !signal.aborted ? unavailable("timeout") : outcomeOfFailure(error);
    if (outcome === null) throw error;
    tell(error);
    return outcome;
  } finally {
    clearTimeout(timer);
    scope.release();
  }
}
