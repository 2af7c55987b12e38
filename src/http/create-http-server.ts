import { lookup } from "node:dns/promises";
import type { Server } from "node:http";
import fastify, { type FastifyHttpOptions } from "fastify";
import { Failure } from "../domain/errors";
import { answerProblems, answersBadRequests } from "./answer-problems";
import { apiRoutes } from "./api/api-routes";
import type { ApiServices } from "./api/ports";
import { ODD_ADDRESS } from "./api/read-address";
import { type HealthServices, healthRoutes } from "./health-routes";
import { hostAndPort, listenFailure } from "./listen-failure";
import { RequestsUnderWay } from "./requests-under-way";
import { headersFor, requestId, sendProblem } from "./send-problem";

export interface HttpOptions extends HealthServices {
  /** The API for applications; null serves health and metrics alone. */
  readonly api?: (() => Promise<ApiServices>) | null;
  /** An address of this machine, or a name for one. */
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** How long a request may take to arrive, in milliseconds; 10 s when not given. */
  readonly arrival?: number;
}

export interface HttpServer {
  /** With the port that was taken, e.g. `http://127.0.0.1:7077`. */
  readonly url: string;
  /**
   * Takes no more requests, and ends when those under way are answered. What is not answered in time is told to come again;
   * the end comes within a second after that.
   *
   * @param time milliseconds; a second when not given
   */
  close(time?: number): Promise<void>;
}

/** How long requests under way may still take when the server closes, and others to arrive; milliseconds. */
const GRACE_PERIOD = 1_000;
/** How long an answer may take to leave, in milliseconds. */
const LAST_WORDS = 500;
/** How long a request may take to arrive. */
const ARRIVAL_TIMEOUT = 10_000;
/** Bytes; the longest token fits in. */
const BODY_LIMIT = 64 * 1024;
/** Keys are as long as the API says, in percent-encoding. */
const PARAM_LIMIT = 12 * 1024;

/** @throws Failure USE007 for an address that cannot be listened at */
export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { host: given, port, api = null, arrival = ARRIVAL_TIMEOUT, ...health } = options;
  // As a URL has an IPv6 address.
  const host = given.replace(/^\[(.*)\]$/, "$1");
  const app = fastify(serverOptions(arrival));
  const underWay = new RequestsUnderWay(app);
  // First, so that every answer has them, whatever gives it.
  app.addHook("onRequest", async (request, reply) => void reply.headers(headersFor(request.id)));
  answerProblems(app, health.log);
  healthRoutes(app, health);
  if (api !== null) await app.register(apiRoutes, { services: api, metrics: health.metrics.logins, log: health.log });
  let closing = false;
  // Closing waits for connections that are kept open.
  app.addHook("onSend", async (_request, reply) => {
    if (closing) reply.header("connection", "close");
  });
  await app.ready();
  try {
    await app.listen({ host: await oneAddress(host), port });
  } catch (error) {
    await app.close();
    throw listenFailure(error, host, port);
  }
  const listening = app.addresses().find((address) => typeof address === "object");
  return {
    url: `http://${hostAndPort(host, listening?.port ?? port)}`,
    async close(time = GRACE_PERIOD) {
      closing = true;
      const timers = [
        setTimeout(() => underWay.cutOthers(), Math.min(time, GRACE_PERIOD)),
        setTimeout(() => underWay.refuse(), time),
        setTimeout(() => app.server.closeAllConnections(), time + LAST_WORDS),
      ];
      await app.close().finally(() => timers.forEach(clearTimeout));
    },
  };
}

/** @param arrival how long a request may take to arrive, in milliseconds */
const serverOptions = (arrival: number): FastifyHttpOptions<Server> => ({
  ...answersBadRequests,
  frameworkErrors: ({ code }, request, reply) =>
    void sendProblem(reply.headers(headersFor(request.id)), {
      statusCode: 400,
      ...(code === "FST_ERR_BAD_URL" ? { detail: ODD_ADDRESS } : {}),
    }),
  // Node looks for late requests every 30 s, unless told otherwise.
  http: {
    ...answersBadRequests.http,
    headersTimeout: arrival,
    connectionsCheckingInterval: Math.min(arrival / 4, 1_000),
  },
  logger: false,
  bodyLimit: BODY_LIMIT,
  routerOptions: { maxParamLength: PARAM_LIMIT },
  requestTimeout: arrival,
  genReqId: requestId,
  // A connection that is still open when the server closes is answered as ever.
  forceCloseConnections: "idle",
  return503OnClosing: false,
});

/** By its name `localhost` the framework would listen twice, and cut the connections of one only. */
async function oneAddress(host: string): Promise<string> {
  // Node takes no address at all for every address there is, which nobody meant to open.
  if (host === "")
    throw new Failure("USE007", "cannot listen: the address is empty", { fix: "give one with --host or HTTP_HOST" });
  return (await lookup(host, { order: "ipv4first" })).address;
}
