import { lookup } from "node:dns/promises";
import fastify from "fastify";
import { Failure } from "../domain/errors";
import { answerProblems, answersBadRequests } from "./answer-problems";
import { type HealthServices, healthRoutes } from "./health-routes";
import { hostAndPort, listenFailure } from "./listen-failure";

export interface HttpOptions extends HealthServices {
  /** An address of this machine, or a name for one. */
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
}

export interface HttpServer {
  /** With the port that was taken, e.g. `http://127.0.0.1:7077`. */
  readonly url: string;
  /** Ends within 2 seconds, also while a request hangs. */
  close(): Promise<void>;
}

/** How long requests under way may still take when the server closes. */
const GRACE = 1_000;
/** How long a request may take to arrive. */
const ARRIVAL = 10_000;

/** @throws Failure USE007 for an address that cannot be listened at */
export async function createHttpServer({ host, port, ...health }: HttpOptions): Promise<HttpServer> {
  const app = fastify({
    ...answersBadRequests,
    ...{ logger: false, bodyLimit: 64 * 1024, requestTimeout: ARRIVAL },
    // Who still has a connection when the server closes is answered as ever.
    ...{ forceCloseConnections: "idle", return503OnClosing: false },
  });
  answerProblems(app, health.log);
  healthRoutes(app, health);
  let closing = false;
  // Who keeps a connection would be waited for.
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
    async close() {
      closing = true;
      const cut = setTimeout(() => app.server.closeAllConnections(), GRACE);
      await app.close().finally(() => clearTimeout(cut));
    },
  };
}

/** By its name `localhost` the framework would listen twice, and cut the connections of one only. */
async function oneAddress(host: string): Promise<string> {
  // Node takes no address at all for every address there is, which nobody meant to open.
  if (host === "")
    throw new Failure("USE007", "cannot listen: the address is empty", { fix: "give one with --host or HTTP_HOST" });
  return (await lookup(host, { order: "ipv4first" })).address;
}
