import { Failure } from "../domain/errors";
import type { Job } from "../domain/job";
import type { BrowserSignIn, LiveCheck } from "../domain/live-check";
import type { Log } from "../domain/log";
import type { LoginPolicy } from "../domain/login";
import { loginExpressions } from "../domain/login-expressions";
import { compileExpressions } from "../mapping/compile-expressions";
import type { Database } from "../mirror/database";
import { IssuerStore } from "../mirror/login/issuer-store";
import { SignInStore } from "../mirror/login/sign-in-store";
import { UsedTokenStore } from "../mirror/login/used-token-store";

export interface LiveServices {
  readonly findKey: (source: string, username: string) => Promise<string | null>;
  readonly database: () => Promise<Database>;
  readonly log: Log;
}

/** How the customer's system is asked about logins, as one job says. */
export function openLiveCheck(job: Job, policy: LoginPolicy, services: LiveServices): LiveCheck {
  // Loaded with the first login: most commands ask nobody for one.
  const { createLiveCheck } =
    require("../upstream/login/create-live-check") as typeof import("../upstream/login/create-live-check");
  const { close: closeExpressions, ...shared } = sharedParts(job, policy, services);
  const live = createLiveCheck({ ...shared, policy });
  return { ...live, close: () => closeBoth(live, closeExpressions) };
}

/** @throws Failure LOG020 when the job describes none */
export function openBrowserSignIn(job: Job, policy: LoginPolicy, services: LiveServices): BrowserSignIn {
  const { browser: way, deadline } = policy;
  if (way === null)
    throw new Failure("LOG020", `\`${job.source}\` has no sign-in by browser`, {
      fix: `describe it under \`login.browser\` in ${job.file}`,
    });
  const { createBrowserSignIn } =
    require("../upstream/login/browser-sign-in") as typeof import("../upstream/login/browser-sign-in");
  const { close: closeExpressions, ...shared } = sharedParts(job, policy, services);
  const signIn = createBrowserSignIn({ ...shared, way, deadline });
  return { ...signIn, close: () => closeBoth(signIn, closeExpressions) };
}

function sharedParts(job: Job, policy: LoginPolicy, { findKey, database, log }: LiveServices) {
  const expressions = compileExpressions(loginExpressions(policy).map(({ text }) => text));
  const [issuers, used, signIns] = [IssuerStore, UsedTokenStore, SignInStore].map(
    (Store) => async () => new Store(await database()),
  );
  return { job, log, findKey, close: expressions.close, issuers, used, signIns };
}
