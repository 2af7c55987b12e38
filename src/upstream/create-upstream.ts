/** The customer's system, as a run sees it: the only code that sends anything out. */
import { setMaxListeners } from "node:events";
import { Failure } from "../domain/errors";
import type { Job } from "../domain/job";
import type { Log } from "../domain/log";
import type { Upstream } from "../domain/upstream";
import { createAsk } from "./ask";
import { createFixedAuthenticator } from "./auth/authenticate";
import { createTokenAuthenticator } from "./auth/oauth-token";
import { type Resolver, systemResolver } from "./http/address-guard";
import { createHttpClient } from "./http/http-client";
import { sleep as realSleep, type Sleep } from "./http/interruption";
import { jobHeaders } from "./http/job-headers";
import { DEFAULT_LIMITS, type Limits } from "./http/limits";
import { DIRECT, type Outgoing } from "./http/outgoing";
import { buildTarget } from "./http/request-url";
import { createRetry } from "./http/retry";
import { createTurns } from "./http/turns";
import { GONE, readOne } from "./one-record";
import { beginReading } from "./pages/begin-reading";
import { paginate } from "./pages/paginate";

export interface UpstreamOptions {
  readonly job: Job;
  readonly log: Log;
  /** Milliseconds since 1970. The default never jumps when the clock is set. */
  readonly now?: () => number;
  readonly resolver?: Resolver;
  readonly outgoing?: Outgoing;
  /** From 0 to below 1; spreads retries. */
  readonly random?: () => number;
  readonly sleep?: Sleep;
  readonly limits?: Partial<Limits>;
}

/** Made for one run: retries, the token and the pace are shared by everything it asks. Nothing is sent before the first request. */
export const createUpstream = ({
  job,
  log,
  now = () => performance.timeOrigin + performance.now(),
  resolver = systemResolver,
  outgoing = DIRECT,
  random = Math.random,
  sleep = realSleep,
  limits: changed = {},
}: UpstreamOptions): Upstream => {
  const limits: Limits = { ...DEFAULT_LIMITS, ...changed };
  const life = new AbortController();
  const http = createHttpClient({ job, headersFor: jobHeaders(job), log, limits, resolver, outgoing });
  const turns = createTurns({ policy: job.http, now, sleep });
  const retry = createRetry({ policy: job.http.retry, limits, log, now, random, sleep, slowDown: turns.slowDown });
  const authenticator =
    job.auth.kind === "oauth2"
      ? createTokenAuthenticator({
          auth: job.auth,
          job,
          limits,
          now,
          send: (request) => retry(() => http.send(request, life.signal), life.signal),
        })
      : createFixedAuthenticator(job.auth);
  const credentials = job.auth.kind === "api-key" && job.auth.in === "query" ? [job.auth.name] : [];
  const ask = createAsk({ job, http, authenticator, retry, turns });

  return {
    usage: http.usage,
    async *pages({ stream, parent, run, signal, position = null, memory = null, changes = null }) {
      allowManyListeners(signal);
      const start = beginReading(job, { stream, parent, run, changes }, credentials);
      const atOnce = job.http.concurrency;
      yield* paginate({ stream, start, position, memory, credentials, ask, atOnce, limits, now, signal });
    },
    async one({ stream, key, run, signal }) {
      if (stream.one === null)
        throw new Failure("UPS010", `single records of \`${stream.name}\` cannot be read: the job does not say how`, {
          fix: `describe \`one\` under \`${stream.name}\` in ${job.file}`,
        });
      allowManyListeners(signal);
      const target = buildTarget(job, stream.one, { key, parent: null, run, since: null });
      return readOne(await ask(target, signal, GONE, "one"), stream.one, target.shown, limits);
    },
    async close() {
      life.abort();
      await http.close();
    },
  };
};

/** Every request under way or waiting its turn listens to the run's signal; Node takes more than ten for a leak. */
const allowManyListeners = (signal: AbortSignal): void => setMaxListeners(0, signal);
