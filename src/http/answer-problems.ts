import { type IncomingMessage, METHODS, type Server } from "node:http";
import type { FastifyHttpOptions, FastifyInstance } from "fastify";
import type { Log } from "../domain/log";
import { endBroken, endRefused, watchConnections } from "./broken-connections";
import { BUG, headersFor, requestId, sendProblem } from "./send-problem";

const SENT_BADLY: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Answers what is not HTTP. */
export const answersBadRequests = {
  // Or Node would answer a request without its host itself, with nothing in it.
  http: { requireHostHeader: false },
  clientErrorHandler: (error, socket) => endBroken(socket, SENT_BADLY[error.code] ?? 400),
} satisfies FastifyHttpOptions<Server>;

/** What the routes do not answer themselves. */
export function answerProblems(app: FastifyInstance, log: Log): void {
  // Methods that the framework does not know it would answer itself, before any hook.
  for (const method of METHODS.filter((name) => !app.supportedMethods.includes(name))) app.addHttpMethod(method);
  const routes: { readonly method: string; readonly address: RegExp }[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    const address = new RegExp(`^${url.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}$`);
    for (const name of [method].flat()) routes.push({ method: name, address });
  });
  watchConnections(app.server);
  const isExpectingOther = answerItself(app.server);
  // Before a body is read, which nobody needs.
  app.addHook("onRequest", async (request, reply) => {
    const { length: hosts } = request.raw.headersDistinct.host ?? [];
    if (hosts > 1 || (hosts === 0 && request.raw.httpVersion === "1.1")) return sendProblem(reply, { statusCode: 400 });
    // Whether its body follows nobody knows, so what follows is not read as a request.
    if (isExpectingOther(request.raw)) return sendProblem(reply, { statusCode: 417, headers: { connection: "close" } });
    if (!request.is404) return;
    const url = request.url.split("?", 1)[0] ?? "";
    const allowed = [...new Set(routes.filter(({ address }) => address.test(url)).map(({ method }) => method))];
    if (allowed.length === 0) return sendProblem(reply, { statusCode: 404 });
    return sendProblem(reply.header("allow", allowed.toSorted().join(", ")), { statusCode: 405 });
  });
  app.setErrorHandler((error, request, reply) => {
    const { statusCode: status = 500 } = error as { statusCode?: number };
    if (status < 500) return sendProblem(reply, { statusCode: status });
    // The pattern of the route: an address may hold what is personal.
    log.error("a request failed", { route: request.routeOptions.url, error });
    return sendProblem(reply, BUG);
  });
}

/**
 * What Node would end itself, with nothing in its answer, or with none.
 *
 * @returns whether a request expects what nobody here does: `Expect` with anything but `100-continue`
 */
function answerItself(server: Server): (request: IncomingMessage) => boolean {
  // Node leaves a tunnel to whoever listens, also for the errors of its connection.
  server.on("connect", (request, socket) => {
    socket.on("error", () => socket.destroy());
    endRefused(socket, 405, { ...headersFor(requestId(request)), allow: "" });
  });
  const others = new WeakSet<IncomingMessage>();
  server.on("checkExpectation", (request, response) => {
    others.add(request);
    server.emit("request", request, response);
  });
  return (request) => others.has(request);
}
