import fastify, { type FastifyInstance } from "fastify";
import { Failure } from "../domain/errors";
import type { Log } from "../domain/log";
import { type HealthServices, healthRoutes } from "./health-routes";

export interface HttpOptions extends HealthServices {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly log: Log;
}

export interface HttpServer {
  /** With the port that was taken, e.g. `http://127.0.0.1:7077`. */
  readonly url: string;
  /** Ends within 2 seconds, also while a request hangs. */
  close(): Promise<void>;
}

const PROBLEM = "application/problem+json";
const UNLISTENABLE: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process listens there",
  EACCES: "this user may not listen at that port",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "that name is not known",
};

/** @throws Failure USE007 for an address that cannot be listened at */
export async function createHttpServer({ host, port, log, ...health }: HttpOptions): Promise<HttpServer> {
  const app = fastify({ logger: false, forceCloseConnections: true, bodyLimit: 64 * 1024, requestTimeout: 10_000 });
  answerProblems(app, log);
  healthRoutes(app, health);
  try {
    await app.listen({ host, port });
  } catch (error) {
    const why = UNLISTENABLE[String((error as { code?: unknown } | null)?.code)];
    if (why === undefined) throw error;
    throw new Failure("USE007", `cannot listen at ${hostAndPort(host, port)}: ${why}`, {
      fix: "choose another with --host and --port, or HTTP_HOST and HTTP_PORT",
    });
  }
  const listening = app.addresses().find((address) => typeof address === "object");
  return {
    url: `http://${hostAndPort(host, listening?.port ?? port)}`,
    close: () => app.close(),
  };
}

/** RFC 9457. What went wrong inside is for the log, not for whoever asks. */
function answerProblems(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).type(PROBLEM).send({ type: "about:blank", title: "Not Found", status: 404 }),
  );
  app.setErrorHandler((error, request, reply) => {
    const { statusCode: status = 500 } = error as { statusCode?: number };
    if (status >= 500) log.error("a request failed", { route: request.routeOptions.url, error });
    const title = status >= 500 ? "Internal Server Error" : "Bad Request";
    return reply.code(status).type(PROBLEM).send({ type: "about:blank", title, status });
  });
}

const hostAndPort = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;
