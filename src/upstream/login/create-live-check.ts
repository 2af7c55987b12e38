/** The customer's system, as a login sees it. */
import { Failure } from "../../domain/errors";
import type { LoginJob } from "../../domain/job";
import type { LiveCheck, ProbeOutcome } from "../../domain/live-check";
import type { Log } from "../../domain/log";
import type { Credential, LiveOutcome, LoginPolicy } from "../../domain/login";
import { type Resolver, systemResolver } from "../http/address-guard";
import { interrupted } from "../http/interruption";
import type { Limits } from "../http/limits";
import { DIRECT, type Outgoing } from "../http/outgoing";
import { createHttpWay } from "./http-way";
import { createIntrospectionWay } from "./introspection-way";
import { createJwtWay } from "./jwt-way";
import { createLoginClient, type LoginClient, withinDeadline } from "./login-client";
import { createOidcWay } from "./oidc-way";
import { indeterminate } from "./outcomes";
import { createPasswordGrant } from "./password-grant";
import type { Evaluate, FindKey, IssuerMemory, UsedTokens } from "./ports";
import { createReadSubject, type ReadSubject } from "./read-subject";
import { createSamlWay } from "./saml-way";
import type { Way } from "./way";

export interface LiveCheckOptions {
  readonly job: LoginJob;
  readonly policy: Pick<LoginPolicy, "deadline" | "password" | "token">;
  readonly log: Log;
  readonly evaluate: Evaluate;
  readonly findKey: FindKey;
  readonly issuers: IssuerMemory;
  readonly used: UsedTokens;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly resolver?: Resolver;
  readonly outgoing?: Outgoing;
  readonly limits?: Partial<Limits>;
}

/** Made for one job as its file stands; keeps connections and keys between logins. Nothing is sent before the first. */
export function createLiveCheck(options: LiveCheckOptions): LiveCheck {
  const { job, policy, log, now = Date.now, limits = {} } = options;
  const { resolver = systemResolver, outgoing = DIRECT } = options;
  const { deadline } = policy;
  const client = createLoginClient({ job, deadline, log, limits, resolver, outgoing, now });
  const readSubject = createReadSubject(job.source, options);
  const context = { ...options, client, readSubject };
  const ways: Readonly<Record<Credential["kind"], Way | null>> = {
    password: passwordWay(context),
    token: tokenWay(context),
  };
  const underWay = new Set<Promise<LiveOutcome>>();
  const tell = (failure: unknown): void => {
    if (!(failure instanceof Failure)) return;
    const { code, message, fix } = failure;
    log.warn("a login could not be checked with the customer's system", {
      source: job.source,
      code,
      problem: message,
      fix,
    });
  };

  return {
    async check(credential, signal): Promise<LiveOutcome> {
      if (signal.aborted) throw interrupted();
      const way = ways[credential.kind];
      if (way === null) return indeterminate("unmapped");
      const checking = withinDeadline(deadline, signal, (limited) => way.check(credential, limited), tell);
      underWay.add(checking);
      return checking.finally(() => underWay.delete(checking));
    },
    async probe(signal): Promise<ProbeOutcome> {
      if (signal.aborted) throw interrupted();
      const way = ways.password ?? ways.token;
      let isReached = way === null;
      const ask = async (limited: AbortSignal): Promise<LiveOutcome> => {
        await way?.probe(limited);
        isReached = true;
        return indeterminate("unmapped");
      };
      const outcome = await withinDeadline(deadline, signal, ask, ignore);
      // A bad certificate or nonsense keeps people from signing in live, but is no outage.
      if (isReached || outcome.outcome !== "unavailable") return "answers";
      return outcome.reason === "server-error" ? "fails" : "silent";
    },
    async close(): Promise<void> {
      // Each ends within the deadline; whoever is being checked must not pay for an edited file.
      await Promise.allSettled(underWay);
      await client.http.close();
    },
  };
}

interface WayContext extends LiveCheckOptions {
  readonly client: LoginClient;
  readonly readSubject: ReadSubject;
}

function passwordWay({ policy: { password: way }, ...context }: WayContext): Way | null {
  if (way === null) return null;
  return way.kind === "http" ? createHttpWay({ way, ...context }) : createPasswordGrant({ way, ...context });
}

function tokenWay({ policy: { token: way }, ...context }: WayContext): Way | null {
  if (way === null) return null;
  switch (way.kind) {
    case "http":
      return createHttpWay({ way, ...context });
    case "oidc":
      return createOidcWay({ way, ...context });
    case "introspection":
      return createIntrospectionWay({ way, ...context });
    case "jwt":
      return createJwtWay({ way, ...context });
    case "saml":
      return createSamlWay({ way, ...context });
  }
}

const ignore = (): void => undefined;
