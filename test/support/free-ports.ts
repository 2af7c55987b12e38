import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Below those that systems give to whoever asks for any, as most servers of tests do while the port is not taken yet. */
const FROM = 20_000;
const TO = 30_000;

/** Ports of 127.0.0.1 that nobody listens at, all different, for servers that have to be told theirs. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const taken: { readonly server: Server; readonly port: number }[] = [];
  while (taken.length < count) {
    const port = randomInt(FROM, TO);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (isFree) taken.push({ server, port });
  }
  await Promise.all(taken.map(({ server }) => once(server.close(), "close")));
  return taken.map(({ port }) => port);
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}
