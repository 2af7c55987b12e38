import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { Failure } from "../../domain/errors";
import type { Log } from "../../domain/log";
import type { LoginMetrics } from "../login-metrics";
import { BUG, sendProblem } from "../send-problem";
import { authenticate, keyFirst } from "./authenticate";
import { browserRoutes } from "./browser-routes";
import { documentRoutes } from "./document-routes";
import { grantRoutes } from "./grant-routes";
import { identityRoutes } from "./identity-routes";
import { loginRoutes } from "./login-routes";
import type { ApiServices } from "./ports";
import { problemOf } from "./problems";
import { refuseOddAddresses } from "./read-address";
import { readOnlyJson } from "./read-body";
import { DEFINITIONS } from "./schemas";
import { sessionRoutes } from "./session-routes";
import { about, tellRequests } from "./tell-requests";
import { validateBySchemas } from "./validators";

export interface ApiOptions {
  /** Rejects with a Failure while the database is out of reach. */
  readonly services: () => Promise<ApiServices>;
  readonly metrics: LoginMetrics;
  readonly log: Log;
}

/** The login and identity API. In a scope of its own: health and metrics stay as they are. */
export async function apiRoutes(app: FastifyInstance, { services, metrics, log }: ApiOptions): Promise<void> {
  for (const definition of DEFINITIONS) app.addSchema(definition);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Understudy",
        version: "1",
        description: "Logins that survive the customer's system, and who people are. Errors are RFC 9457 problems.",
      },
      components: {
        securitySchemes: {
          key: { type: "http", scheme: "bearer", description: "A key made with `understudy key create`" },
        },
      },
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `schema-${i}`) },
  });
  validateBySchemas(app);
  readOnlyJson(app);
  refuseOddAddresses(app);
  app.setErrorHandler(async (thrown, request, reply) => {
    const error = await keyFirst(request, thrown);
    const problem = problemOf(error);
    if (problem === null) log.error("a request failed", { ...about(request), error });
    else if (error instanceof Failure && (problem.statusCode === 503 || error.code === "DB012"))
      log.warn("a request could not be answered", { ...about(request), error });
    return sendProblem(reply, problem ?? BUG);
  });
  app.addHook("onSend", async (_request, reply) => {
    // About people, and about who asks: nothing on the way keeps it.
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  });
  tellRequests(app, log, metrics);
  authenticate(app, services);
  loginRoutes(app, services, metrics);
  sessionRoutes(app, services, metrics);
  identityRoutes(app, services);
  grantRoutes(app, services);
  browserRoutes(app, services);
  documentRoutes(app, services);
}
