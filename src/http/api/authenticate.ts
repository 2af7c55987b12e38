import { hash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Caller, Scope } from "../../domain/api";
import type { ApiServices } from "./ports";
import { Problem, unknownSource } from "./problems";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the caller's key must be for; a route without one asks for no key. */
    readonly scope?: Scope;
  }
  interface FastifyRequest {
    /** Null on routes that ask for no key. */
    caller: Caller | null;
    /** Resolves once `caller` is there; null where that was waited for. */
    callerComing: Promise<void> | null;
  }
}

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** How many keys are remembered to have been good. */
const MOST_REMEMBERED = 1_000;

/**
 * Before a body is read: without a key nothing is answered, and a missing one looks like a wrong one. A key that was good the last
 * time is looked up while the body is read, and waited for before anything is done.
 */
export function authenticate(app: FastifyInstance, services: () => Promise<ApiServices>): void {
  const remembered = new Set<string>();
  app.decorateRequest("caller", null);
  app.decorateRequest("callerComing", null);

  function admit(request: FastifyRequest, scope: Scope, digest: string, caller: Caller | null): void {
    if (caller === null) {
      remembered.delete(digest);
      throw new Problem(401, "send a good key: `Authorization: Bearer usk_...`", { "www-authenticate": "Bearer" });
    }
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.add(digest);
    request.caller = caller;
    if (!caller.scopes.includes(scope)) throw new Problem(403, `this key is not for \`${scope}\``);
  }

  app.addHook("onRequest", async (request) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    // Where there are two, a proxy before us may have looked at the other one.
    const [sent = "", ...others] = request.raw.headersDistinct.authorization ?? [];
    const [, key = ""] = (others.length === 0 ? BEARER.exec(sent) : null) ?? [];
    const coming = key === "" ? null : (await services()).findCaller(key);
    const digest = hash("sha256", key);
    if (coming === null || !remembered.has(digest)) return admit(request, scope, digest, await coming);
    request.callerComing = coming.then((caller) => admit(request, scope, digest, caller));
    // Told where it is awaited; that may be nowhere, when the caller has gone.
    request.callerComing.catch(() => undefined);
  });
  app.addHook("preValidation", async (request) => {
    await request.callerComing;
  });
}

/** The error to answer with: that the key is no good, if it is not, rather than what a stranger's body lacks. */
export async function keyFirst({ callerComing }: FastifyRequest, error: unknown): Promise<unknown> {
  if (callerComing === null) return error;
  return callerComing.then(
    () => error,
    (refusal: unknown) => refusal,
  );
}

/** @throws Problem 404 for a source that the key is not for, as if there were none */
export function callerFor(request: FastifyRequest, source: string): Caller {
  const caller = callerOf(request);
  if (!caller.sources.includes(source)) throw unknownSource();
  return caller;
}

export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new Error("a route without a scope asked for its caller");
  return caller;
}
