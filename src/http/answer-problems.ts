import { randomUUID } from "node:crypto";
import { METHODS, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyHttpOptions, FastifyInstance } from "fastify";
import type { Log } from "../domain/log";
import { BUG, headersFor, PROBLEM_TYPE, problemText, sendProblem } from "./send-problem";

const SENT_BADLY: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Answers what is not HTTP. */
export const answersBadRequests = {
  // Or Node would answer a request without its host itself, with nothing in it.
  http: { requireHostHeader: false },
  clientErrorHandler: (error, socket) => endWithProblem(socket, SENT_BADLY[error.code] ?? 400),
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
  // Before a body is read, which nobody needs.
  app.addHook("onRequest", async (request, reply) => {
    if (request.headers.host === undefined && request.raw.httpVersion === "1.1")
      return sendProblem(reply, { statusCode: 400 });
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

function endWithProblem(socket: Socket, status: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = problemText({ statusCode: status });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    // Nothing is known of the request, not even an id that it may have brought.
    ...Object.entries(headersFor(randomUUID())).map(([name, value]) => `${name}: ${value}`),
    "connection: close",
  ];
  // Not left half open: the server would wait for the other end when it closes.
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
