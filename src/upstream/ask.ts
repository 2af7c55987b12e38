import type { Job } from "../domain/job";
import type { Authenticator } from "./auth/authenticate";
import { checkStatus } from "./http/check-status";
import type { Answer, HttpClient } from "./http/http-client";
import { type Target, withQuery } from "./http/request-url";
import type { Retry } from "./http/retry";
import type { Setting } from "./http/setting";
import type { Turns } from "./http/turns";

/** Gets an answer with status 2xx, or one of `also`; anything else is thrown as a `Failure`. */
export type Ask = (target: Target, signal: AbortSignal, also?: readonly number[], setting?: Setting) => Promise<Answer>;

/** GETs with credentials, in turn, again where that helps, and once more when a token turns out to have run out. */
export const createAsk = ({
  job,
  http,
  authenticator,
  retry,
  turns,
}: {
  readonly job: Job;
  readonly http: HttpClient;
  readonly authenticator: Authenticator;
  readonly retry: Retry;
  readonly turns: Turns;
}): Ask => {
  return async ({ url, shown }, signal, also = [], setting = "get") => {
    for (let renewed = false; ; renewed = true) {
      const credentials = await authenticator.credentials(signal);
      const request = {
        method: "GET",
        url: withQuery({ url, shown }, credentials.query).url,
        shown,
        headers: credentials.headers,
      } as const;
      const tried = await retry(
        async () => {
          const giveBack = await turns.take(signal);
          return http.send(request, signal).finally(giveBack);
        },
        signal,
        also,
      );
      const { answer } = tried;
      if (also.includes(answer.status)) return answer;
      if (answer.status === 401 && !renewed && authenticator.renew(credentials)) continue;
      checkStatus(tried, request, job, setting);
      return answer;
    }
  };
};
