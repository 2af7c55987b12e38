/**
 * The bench's upstream, in a process of its own so that it costs the sync nothing: `fork(file, [users])`.
 * Sends `{ url }` when it listens. Answers a message with the name of a state by `{ state }`, when it shows that one, and
 * `requests` by `{ requests }`, how many it got so far. Ends when its parent does.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { numbersIn, ROLE_COUNT, STATES, type State, syntheticRole, syntheticUser } from "./synthetic-users";

const PAGE_SIZE = 1000;
const users = Number(process.argv[2]);

const rendered = (body: unknown): Buffer => Buffer.from(JSON.stringify(body));

/** Rendered before they are asked for, so that the measurement is of the reader. */
function renderPages(state: State): { readonly pages: readonly Buffer[]; readonly afterTheLast: Buffer } {
  const shown = numbersIn(state, users);
  const pages: Buffer[] = [];
  for (let first = 0; first < shown.length; first += PAGE_SIZE) {
    const page = shown.slice(first, first + PAGE_SIZE).map((number) => syntheticUser(number, state));
    pages.push(rendered({ users: page, total: shown.length }));
  }
  return { pages, afterTheLast: rendered({ users: [], total: shown.length }) };
}

const roles = rendered({ roles: Array.from({ length: ROLE_COUNT }, (_, number) => syntheticRole(number)) });
let showing: State = "all";
let { pages, afterTheLast } = renderPages(showing);
let requests = 0;

const server = createServer((request, response) => {
  requests += 1;
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const page = Number(url.searchParams.get("page") ?? 1);
  const body = url.pathname === "/roles" ? roles : (pages[page - 1] ?? afterTheLast);
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
});

process.on("message", (asked: State | "requests") => {
  if (asked === "requests") {
    process.send?.({ requests });
    return;
  }
  if (!STATES.includes(asked)) throw new Error(`there is no state ${asked}`);
  if (asked !== showing) {
    // Two states of a million users at once would be a gigabyte.
    pages = [];
    ({ pages, afterTheLast } = renderPages(asked));
    showing = asked;
  }
  process.send?.({ state: asked });
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
process.on("disconnect", () => process.exit());
