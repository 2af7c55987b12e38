import { METHODS, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyHttpOptions, FastifyInstance, FastifyReply } from "fastify";
import type { Log } from "../domain/log";

const PROBLEM = "application/problem+json";
const SENT_BADLY: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Answers what does not get as far as a route: an address that cannot be decoded, and what is not HTTP. */
export const answersBadRequests = {
  // Or Node would answer a request without its host itself, with nothing in it.
  http: { requireHostHeader: false },
  frameworkErrors: (_error, _request, reply) => void sendProblem(reply, 400),
  clientErrorHandler: (error, socket) => endWithProblem(socket, SENT_BADLY[error.code] ?? 400),
} satisfies FastifyHttpOptions<Server>;

/** RFC 9457, a title and nothing else: what went wrong inside is for the log, not for whoever asks. */
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
    if (request.headers.host === undefined && request.raw.httpVersion === "1.1") return sendProblem(reply, 400);
    if (!request.is404) return;
    const url = request.url.split("?", 1)[0] ?? "";
    const allowed = [...new Set(routes.filter(({ address }) => address.test(url)).map(({ method }) => method))];
    if (allowed.length === 0) return sendProblem(reply, 404);
    return sendProblem(reply.header("allow", allowed.toSorted().join(", ")), 405);
  });
  app.setErrorHandler((error, request, reply) => {
    const { statusCode: status = 500 } = error as { statusCode?: number };
    if (status < 500) return sendProblem(reply, status);
    // The pattern of the route: an address may hold what is personal.
    log.error("a request failed", { route: request.routeOptions.url, error });
    return sendProblem(reply, 500);
  });
}

const problem = (status: number): string =>
  JSON.stringify({ type: "about:blank", title: STATUS_CODES[status] ?? "Error", status });

const sendProblem = (reply: FastifyReply, status: number): FastifyReply =>
  reply.code(status).type(PROBLEM).send(problem(status));

function endWithProblem(socket: Socket, status: number): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = problem(status);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  // Not left half open: the server would wait for the other end when it closes.
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
