import type { FastifyInstance } from "fastify";
import type { Readiness } from "../domain/answers";
import { within } from "../domain/within";
import type { RunMetrics } from "./run-metrics";

export interface HealthServices {
  /** Looks at the process's own parts, never at a customer's system. */
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: RunMetrics;
}

const PATIENCE = 2_000;
/** Any number of probes share one look. */
const SHARED_FOR = 1_000;
const SILENT: Readiness = { ready: false, parts: [{ name: "database", ready: false, message: "does not answer" }] };

/** /healthz: the process lives. /readyz: it can do its work. /metrics: for Prometheus. */
export function healthRoutes(app: FastifyInstance, { readiness, metrics }: HealthServices): void {
  let looked: { readonly at: number; readonly answer: Promise<Readiness> } | null = null;

  function look(): Promise<Readiness> {
    if (looked === null || Date.now() - looked.at > SHARED_FOR)
      looked = { at: Date.now(), answer: within(PATIENCE, readiness(), () => null).catch(() => SILENT) };
    return looked.answer;
  }

  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const answer = await look();
    return reply.code(answer.ready ? 200 : 503).send(answer);
  });
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}
