import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fastify from "fastify";
import { RequestsUnderWay } from "../../../src/http/requests-under-way";
import { eventually } from "../../support/eventually";

/** Node shows it to those alone who ask for it. */
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

test("nothing is kept of requests whose connection went before their turn came", async () => {
  const app = fastify();
  const underWay = new RequestsUnderWay(app);
  const asked: WeakRef<object>[] = [];
  const waiting = new Set<() => void>();
  const refused: string[] = [];
  app.addHook("onRequest", async ({ raw }) => void asked.push(new WeakRef(raw)));
  app.addHook("onSend", async ({ url }, reply) => {
    if (reply.statusCode === 503) refused.push(url);
  });
  app.get("/slow", () => new Promise<string>((resolve) => waiting.add(() => resolve("at last"))));
  app.get("/quick", async () => "at once");
  await app.listen({ host: "127.0.0.1", port: 0 });
  const begin = async (paths: readonly string[]) => {
    const before = asked.length;
    const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1").on("error", () => undefined);
    socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
    await eventually(
      async () => asked.length,
      (found) => found === before + paths.length,
    );
    return socket;
  };
  try {
    for (let round = 0; round < 3; round++) {
      const gone = await begin(["/slow", ...Array<string>(50).fill("/quick"), "/slow"]);
      gone.resetAndDestroy();
      await once(gone, "close");
    }
    const stays = await begin(["/slow?stays"]);
    await eventually(
      () => connectionsOf(app.server),
      (open) => open === 1,
    );
    underWay.refuse();
    expect(refused).toEqual(["/slow?stays"]);
    for (const letGo of waiting) letGo();
    waiting.clear();
    await eventually(
      async () => {
        collect();
        return asked.filter((one) => one.deref() !== undefined).length;
      },
      (left) => left <= 1,
      5_000,
    );
    stays.destroy();
  } finally {
    await app.close();
  }
});

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));
