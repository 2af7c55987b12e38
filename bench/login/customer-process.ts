/**
 * The bench's customer, in a process of its own so that it costs the login nothing. Sends `{ url }` when it listens; told
 * `leave` it refuses every connection from then on, and sends `gone`. Ends when its parent does.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { PASSWORD, USERS } from "./people";

const roles = Array.from({ length: 20 }, (_, n) => ({ id: `r${n}`, name: `Role ${n}` }));
const users = Array.from({ length: USERS }, (_, n) => ({
  id: `u${n}`,
  login: `user${n}`,
  status: "ACTIVE",
  roles: [`r${n % 20}`, `r${(n + 7) % 20}`],
}));

const server = createServer(async (request, response) => {
  const send = (status: number, body: object) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  if (request.url === "/roles") return send(200, { roles });
  if (request.url === "/users") return send(200, { users });
  const { login, password } = JSON.parse(await text(request)) as { login: string; password: string };
  return password === PASSWORD ? send(200, { id: login.replace("user", "u") }) : send(401, {});
});

process.on("message", () => {
  server.close(() => process.send?.("gone"));
  server.closeAllConnections();
});
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () =>
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
);
