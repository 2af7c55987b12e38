import { Agent } from "undici";
import { Failure } from "../../domain/errors";
import type { Job } from "../../domain/job";
import type { Log } from "../../domain/log";
import { createGuardedConnector, type Resolver } from "./address-guard";
import { Body } from "./body";
import { duration } from "./duration";
import { interrupted, openScope } from "./interruption";
import type { HeadersFor } from "./job-headers";
import type { Limits } from "./limits";
import { networkFailure } from "./network-failure";
import type { Outgoing } from "./outgoing";
import type { AnswerHeaders } from "./places";
import { ACCEPT_ENCODING, readBody } from "./read-body";
import { shownQuery } from "./request-url";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  /** The address as people may see it: no query, and templates instead of what filled them. */
  readonly shown: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Its query may hold a name or a token: the log shows no value of it. */
  readonly isPersonal?: true;
  /** Nobody reads what is answered: the status says it all. */
  readonly ignoresBody?: true;
}

export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: Body;
}

export interface HttpClient {
  /** One attempt, whole: any status is an answer; trouble on the way to one is a `Failure`. */
  send(request: HttpRequest, signal: AbortSignal): Promise<Answer>;
  readonly usage: { readonly requests: number; readonly bytes: number };
  /** Ends what is under way with RUN004 and closes every connection. */
  close(): Promise<void>;
}

/** Unless a job or a request says otherwise. */
const USUAL = { accept: "application/json, application/*+json", "user-agent": "understudy" };

export const createHttpClient = ({
  job,
  headersFor,
  log,
  limits,
  resolver,
  outgoing,
}: {
  readonly job: Pick<Job, "file"> & {
    readonly http: Pick<Job["http"], "allowPrivate" | "concurrency" | "timeout">;
  };
  readonly headersFor: HeadersFor;
  readonly log: Log;
  readonly limits: Limits;
  readonly resolver: Resolver;
  readonly outgoing: Outgoing;
}): HttpClient => {
  const { allowPrivate, concurrency, timeout } = job.http;
  const agent = new Agent({
    connect: createGuardedConnector({
      allowPrivate,
      resolver,
      tls: outgoing.tls,
      timeout: limits.connect,
      file: job.file,
    }),
    connections: concurrency,
    headersTimeout: limits.headers,
    bodyTimeout: limits.idle,
  });
  const usage = { requests: 0, bytes: 0 };

  return {
    usage,
    async send({ method, url, shown, headers, body, isPersonal = false, ignoresBody = false }, signal) {
      const scope = openScope(signal);
      let late = false;
      const deadline = setTimeout(() => {
        late = true;
        scope.abort();
      }, timeout);
      const began = performance.now();
      const tell = (fields: Readonly<Record<string, unknown>>): void =>
        log.debug("upstream request", {
          method,
          url: shown,
          query: shownQuery(url, isPersonal),
          ms: Math.round(performance.now() - began),
          ...fields,
        });

      usage.requests += 1;
      try {
        const response = await agent.request({
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method,
          headers: { ...USUAL, ...headersFor(url), "accept-encoding": ACCEPT_ENCODING, ...headers },
          body: body ?? null,
          signal: scope.signal,
        });
        const got = ignoresBody ? await dropBody(response) : await readBody(response, { limit: limits.bytes, shown });
        usage.bytes += got.length;
        tell({ status: response.statusCode, bytes: got.length });
        return { status: response.statusCode, headers: response.headers, body: got };
      } catch (error) {
        const failure = late
          ? new Failure("UPS002", `${shown} took longer than ${duration(timeout)} for one answer`, {
              fix: "ask for smaller pages, or raise `http.timeout`",
            })
          : scope.signal.aborted || agent.destroyed
            ? interrupted()
            : networkFailure(error, { shown, limits, proxy: outgoing.proxyFor(url) });
        tell({ failed: failure instanceof Failure ? failure.code : "BUG001" });
        throw failure;
      } finally {
        clearTimeout(deadline);
        scope.release();
      }
    },
    close: () => agent.destroy(),
  };
};

/** A long one is not waited for. */
const dropBody = async ({ body }: { readonly body: { dump(): Promise<void> } }): Promise<Body> => {
  await body.dump();
  return new Body([]);
};
