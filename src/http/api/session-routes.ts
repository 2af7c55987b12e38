import type { FastifyInstance } from "fastify";
import type { LoginMetrics } from "../login-metrics";
import { callerOf } from "./authenticate";
import type { ApiServices } from "./ports";
import { readForm } from "./read-body";
import { INTROSPECT_ANSWER, INTROSPECT_BODY, LOGOUT_BODY, PROBLEMS, RENEW_ANSWER, RENEW_BODY } from "./schemas";

/** Sessions are renewed, ended and looked at. */
export function sessionRoutes(app: FastifyInstance, services: () => Promise<ApiServices>, metrics: LoginMetrics): void {
  app.post<{ Body: { readonly refreshToken: string } }>("/v1/token", {
    config: { scope: "login" },
    schema: {
      operationId: "renew",
      summary: "Renew a session",
      description:
        "Gives the next pair of tokens. A refresh token is good once: a caller that brings one that was used before holds a copy, " +
        "and the session ends. An answer that was lost may be asked for again within 10 seconds.",
      tags: ["sessions"],
      security: [{ key: [] }],
      body: RENEW_BODY,
      response: { 200: RENEW_ANSWER, ...PROBLEMS },
    },
    handler: async (request) => {
      const tokens = await (await services()).sessions.renew(request.body.refreshToken, callerOf(request));
      metrics.renewal(tokens === null ? "refused" : "accepted");
      return tokens === null ? { result: "refused" } : { result: "accepted", tokens };
    },
  });

  app.post<{ Body: { readonly token: string } }>("/v1/logout", {
    config: { scope: "login" },
    schema: {
      operationId: "logout",
      summary: "End a session",
      description: "Answers alike whether there was one.",
      tags: ["sessions"],
      security: [{ key: [] }],
      body: LOGOUT_BODY,
      response: { 204: { description: "There is none any more", type: "null" }, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const ended = await (await services()).sessions.end(request.body.token, callerOf(request));
      if (ended) metrics.logout();
      return reply.code(204).send();
    },
  });

  // In a scope of its own, for it takes forms and nothing else.
  app.register(async (forms) => {
    readForm(forms);
    forms.post<{ Body: { readonly token: string } }>("/v1/introspect", {
      config: { scope: "introspect" },
      schema: {
        operationId: "introspect",
        summary: "Whether a token is still good (RFC 7662)",
        description: "Of its session and its person as they are at this moment.",
        tags: ["sessions"],
        security: [{ key: [] }],
        consumes: ["application/x-www-form-urlencoded"],
        body: INTROSPECT_BODY,
        response: { 200: INTROSPECT_ANSWER, ...PROBLEMS },
      },
      handler: async (request) => (await services()).sessions.introspect(request.body.token, callerOf(request)),
    });
  });
}
