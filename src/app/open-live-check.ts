import type { Job } from "../domain/job";
import type { LiveCheck } from "../domain/live-check";
import type { Log } from "../domain/log";
import type { LoginPolicy } from "../domain/login";
import { compileExpressions } from "../mapping/compile-expressions";
import { createLiveCheck } from "../upstream/login/create-live-check";

interface Services {
  readonly findKey: (source: string, username: string) => Promise<string | null>;
  readonly log: Log;
}

/** How the customer's system is asked about logins, as one job says. */
export function openLiveCheck(job: Job, policy: LoginPolicy, { findKey, log }: Services): LiveCheck {
  const expressions = compileExpressions(expressionsOf(policy));
  const live = createLiveCheck({
    ...{ job, policy, log, findKey },
    evaluate: ({ text }, input) => expressions.evaluate(text, input),
    issuers: { load: async () => null, save: async () => undefined },
    used: { claim: async () => true },
  });
  return {
    ...live,
    async close() {
      await live.close();
      await expressions.close();
    },
  };
}

/** Every expression by which the ways of a policy tell answers apart and read whom they are about. */
function expressionsOf({ password, token, browser }: LoginPolicy): readonly string[] {
  const ways = [password, token, browser].filter((way) => way !== null);
  return ways.flatMap((way) => {
    const telling = way.kind === "http" ? [way.success, way.refused, way.disabled] : [];
    return [...telling, way.subject.from].flatMap((expression) => (expression === null ? [] : [expression.text]));
  });
}
