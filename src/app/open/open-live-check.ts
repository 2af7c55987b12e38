import { Failure } from "../../domain/errors";
import type { LoginJob } from "../../domain/job";
import type { BrowserSignIn, LiveCheck } from "../../domain/live-check";
import type { Log } from "../../domain/log";
import type { LoginPolicy } from "../../domain/login";
import { loginExpressions } from "../../domain/login-expressions";
import { compileExpressions } from "../../mapping/compile-expressions";
import type { Database } from "../../mirror/database";
import { IssuerStore } from "../../mirror/login/issuer-store";
import { SignInStore } from "../../mirror/login/sign-in-store";
import { UsedTokenStore } from "../../mirror/login/used-token-store";
import type { Outgoing } from "../../upstream/http/outgoing";
import type { BrowserSignInOptions } from "../../upstream/login/browser-sign-in";
import type { LiveCheckOptions } from "../../upstream/login/create-live-check";

interface LiveServices {
  readonly findKey: (source: string, username: string) => Promise<string | null>;
  readonly database: () => Promise<Database>;
  readonly outgoing: () => Outgoing;
  readonly log: Log;
}

/** How the customer's system is asked about logins, as one job says. */
export function openLiveCheck(job: LoginJob, policy: LoginPolicy, services: LiveServices): LiveCheck {
  // Loaded with the first login: most commands ask nobody for one.
  const { createLiveCheck } =
    require("../../upstream/login/create-live-check") as typeof import("../../upstream/login/create-live-check");
  const { shared, expressions } = sharedParts(job, policy, services);
  const live = createLiveCheck({ ...shared, policy });
  return { ...live, close: () => closeBoth(live, expressions) };
}

/** @throws Failure LOG020 when the job describes none */
export function openBrowserSignIn(job: LoginJob, policy: LoginPolicy, services: LiveServices): BrowserSignIn {
  const { browser: way, deadline } = policy;
  if (way === null)
    throw new Failure("LOG020", `\`${job.source}\` has no sign-in by browser`, {
      fix: `describe it under \`login.browser\` in ${job.file}`,
    });
  const { createBrowserSignIn } =
    require("../../upstream/login/browser-sign-in") as typeof import("../../upstream/login/browser-sign-in");
  const { shared, expressions } = sharedParts(job, policy, services);
  const signIn = createBrowserSignIn({ ...shared, way, deadline });
  return { ...signIn, close: () => closeBoth(signIn, expressions) };
}

function sharedParts(job: LoginJob, policy: LoginPolicy, { findKey, database, outgoing, log }: LiveServices) {
  const expressions = compileExpressions(loginExpressions(policy).map(({ text }) => text));
  const [issuers, used, signIns] = [
    async () => new IssuerStore(await database()),
    async () => new UsedTokenStore(await database()),
    async () => new SignInStore(await database()),
  ] as const;
  const ports: Ports = {
    evaluate: ({ text }, input) => expressions.evaluate(text, input),
    issuers: {
      load: async (source, issuer) => (await issuers()).load(source, issuer),
      save: async (source, issuer, remembered) => (await issuers()).save(source, issuer, remembered),
    },
    used: { claim: async (source, id, until) => (await used()).claim(source, id, until) },
    signIns: {
      keep: async (state, signIn) => (await signIns()).keep(state, signIn),
      take: async (state) => (await signIns()).take(state),
    },
  };
  return { shared: { job, log, findKey, outgoing: outgoing(), ...ports }, expressions };
}

const closeBoth = async (asked: Closable, expressions: Closable): Promise<void> => {
  await asked.close();
  await expressions.close();
};

interface Closable {
  close(): Promise<void>;
}

type Ports = Pick<LiveCheckOptions, "evaluate" | "issuers" | "used"> & Pick<BrowserSignInOptions, "signIns">;
