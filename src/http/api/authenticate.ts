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
  }
}

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** Before a body is read: without a key nothing is answered, and a missing one looks like a wrong one. */
export function authenticate(app: FastifyInstance, services: () => Promise<ApiServices>): void {
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    const [, key] = BEARER.exec(request.headers.authorization ?? "") ?? [];
    const caller = key === undefined ? null : await (await services()).findCaller(key);
    if (caller === null)
      throw new Problem(401, "send a good key: `Authorization: Bearer usk_...`", { "www-authenticate": "Bearer" });
    request.caller = caller;
    if (!caller.scopes.includes(scope)) throw new Problem(403, `this key is not for \`${scope}\``);
  });
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
