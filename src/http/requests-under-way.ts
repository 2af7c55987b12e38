import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply } from "fastify";
import { sendProblem } from "./send-problem";

/** The requests of a server that are not answered yet, for the end of it. */
export class RequestsUnderWay {
  /** By connection: an answer whose turn had not come when that closed never says that it is over. */
  readonly #connections = new Map<Socket, Set<FastifyReply>>();

  constructor(app: FastifyInstance) {
    app.server.on("connection", (socket) => {
      this.#connections.set(socket, new Set());
      socket.once("close", () => this.#connections.delete(socket));
    });
    app.addHook("onRequest", async ({ raw }, reply) => {
      const replies = this.#connections.get(raw.socket);
      replies?.add(reply);
      reply.raw.once("close", () => replies?.delete(reply));
    });
  }

  /** Cuts all connections but those over which a whole request came that is not answered yet. */
  cutOthers(): void {
    for (const [socket, replies] of this.#connections)
      if (![...replies].some(({ request }) => request.raw.complete)) socket.destroy();
  }

  /** Answers each with 503; what its handler says after that reaches nobody. */
  refuse(): void {
    for (const reply of [...this.#connections.values()].flatMap((replies) => [...replies]))
      if (!reply.sent && !reply.raw.headersSent)
        sendProblem(reply, { statusCode: 503, detail: "this process ends", headers: { "retry-after": "1" } });
  }
}
