import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Log } from "../../domain/log";
import type { LoginMetrics } from "../login-metrics";

declare module "fastify" {
  interface FastifyRequest {
    /** What the route adds to its line of the log; nobody's name or key. */
    told: Readonly<Record<string, unknown>>;
  }
}

/** One line of the log a request. An address may hold what is personal, its pattern does not. */
export function tellRequests(app: FastifyInstance, log: Log, metrics: LoginMetrics): void {
  app.decorateRequest("told");
  app.addHook("onResponse", async (request, reply) => {
    const { statusCode: status, elapsedTime } = reply;
    if (status === 401 || status === 403) metrics.turnedAway(status);
    log.info("answered", { ...about(request), status, ms: Math.round(elapsedTime * 10) / 10, ...request.told });
  });
}

export const about = ({ id, method, routeOptions, caller }: FastifyRequest) => ({
  request: id,
  method,
  route: routeOptions.url,
  ...(caller === null ? {} : { caller: caller.name }),
});
