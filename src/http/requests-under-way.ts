import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendProblem } from "./send-problem";

/** The requests of a server that are not answered yet, for the end of it. */
export class RequestsUnderWay {
  readonly #requests = new Map<FastifyReply, FastifyRequest>();
  readonly #connections = new Set<Socket>();

  constructor(app: FastifyInstance) {
    app.server.on("connection", (socket) => {
      this.#connections.add(socket);
      socket.once("close", () => this.#connections.delete(socket));
    });
    app.addHook("onRequest", async (request, reply) => {
      this.#requests.set(reply, request);
      // Also when nobody waits for the answer any more.
      reply.raw.once("close", () => this.#requests.delete(reply));
    });
  }

  /** Cuts all connections but those over which a whole request came that is not answered yet. */
  cutOthers(): void {
    const whole = new Set([...this.#requests.values()].filter(({ raw }) => raw.complete).map(({ raw }) => raw.socket));
    for (const socket of this.#connections) if (!whole.has(socket)) socket.destroy();
  }

  /** Answers each with 503; what its handler says after that reaches nobody. */
  refuse(): void {
    for (const reply of this.#requests.keys())
      if (!reply.sent && !reply.raw.headersSent)
        sendProblem(reply, { statusCode: 503, detail: "this process ends", headers: { "retry-after": "1" } });
  }
}
