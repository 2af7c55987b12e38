/**
 * The bench's upstream, in a process of its own so that it costs the sync nothing: `fork(file, [users])`.
 * Sends `{ url }` when it listens; ends when its parent does.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ROLE_COUNT, syntheticRole, syntheticUser } from "./synthetic-users";

const PAGE_SIZE = 1000;
const users = Number(process.argv[2]);

const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);
const rendered = (body: unknown): Buffer => Buffer.from(JSON.stringify(body));

// Rendered once, so that the measurement is of the reader.
const roles = rendered({ roles: numbers(0, ROLE_COUNT).map(syntheticRole) });
const pages = numbers(0, Math.ceil(users / PAGE_SIZE)).map((page) => {
  const first = page * PAGE_SIZE + 1;
  return rendered({ users: numbers(first, Math.min(PAGE_SIZE, users - first + 1)).map(syntheticUser), total: users });
});
const afterTheLast = rendered({ users: [], total: users });

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const page = Number(url.searchParams.get("page") ?? 1);
  const body = url.pathname === "/roles" ? roles : (pages[page - 1] ?? afterTheLast);
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
process.on("disconnect", () => process.exit());
