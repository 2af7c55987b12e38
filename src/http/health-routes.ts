import type { FastifyInstance } from "fastify";
import type { Readiness } from "../domain/answers";
import type { Log } from "../domain/log";
import { shareLook } from "../domain/share-look";
import type { RunMetrics } from "./run-metrics";

export interface HealthServices {
  /** Looks at the process's own parts, never at a customer's system. */
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: RunMetrics;
  readonly log: Log;
}

/** Milliseconds for one look. */
const TIMEOUT = 2_000;
/** Any number of probes share one look. */
const SHARED_FOR = 1_000;

/** /healthz: the process lives. /readyz: it can do its work. /metrics: for Prometheus. */
export function healthRoutes(app: FastifyInstance, { readiness, metrics, log }: HealthServices): void {
  const look = alwaysAnswers(readiness, log);
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const answer = await look();
    return reply.code(answer.ready ? 200 : 503).send(answer);
  });
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}

/** A look that is late or fails is a process that is not ready. */
function alwaysAnswers(readiness: () => Promise<Readiness>, log: Log): () => Promise<Readiness> {
  let known: Readiness["parts"] = [];
  const trouble = "the parts of this process could not be looked at";
  const look = shareLook(readiness, { timeout: TIMEOUT, freshFor: SHARED_FOR, log, trouble });
  return async () => {
    const answer = await look();
    if (answer !== null) known = answer.parts;
    // Which part it is that holds up the look is not known: none is blamed alone, and none is vouched for.
    return (
      answer ?? {
        ready: false,
        parts: known.map(({ name }) => ({ name, ready: false, message: "could not be looked at" })),
      }
    );
  };
}
