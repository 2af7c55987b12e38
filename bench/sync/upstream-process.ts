/**
 * The bench's upstream, in a process of its own so that it costs the sync nothing. Sends `{ url }` when it listens. Answers
 * `{ state, users }` by the same, when it shows so many users in that state, and `requests` by `{ requests }`, how many it got
 * so far. Ends when its parent does.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { numbersIn, ROLE_COUNT, type State, syntheticRole, syntheticUser } from "./synthetic-users";

const PAGE_SIZE = 1000;

export interface Show {
  readonly state: State;
  readonly users: number;
}

const rendered = (body: unknown): Buffer => Buffer.from(JSON.stringify(body));

/** Rendered before they are asked for, so that the measurement is of the reader. */
function renderPages(
  { state, users }: Show,
  size: number,
): { readonly pages: readonly Buffer[]; readonly afterTheLast: Buffer } {
  const shown = numbersIn(state, users);
  const pages: Buffer[] = [];
  for (let first = 0; first < shown.length; first += size) {
    const page = shown.slice(first, first + size).map((number) => syntheticUser(number, state));
    pages.push(rendered({ users: page, total: shown.length }));
  }
  return { pages, afterTheLast: rendered({ users: [], total: shown.length }) };
}

const roles = rendered({ roles: Array.from({ length: ROLE_COUNT }, (_, number) => syntheticRole(number)) });
let showing: Show = { state: "all", users: 0 };
let { pages, afterTheLast } = renderPages(showing, PAGE_SIZE);
let requests = 0;

/** Behind `/warm`: always the same, for contenders who warm up; few users on many pages, for there is work that each page makes. */
const warm = renderPages({ state: "all", users: 5_000 }, 50);

const server = createServer((request, response) => {
  requests += 1;
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
  const page = Number(searchParams.get("page") ?? 1);
  const users = pathname.startsWith("/warm/") ? warm : { pages, afterTheLast };
  const body = pathname.endsWith("/roles") ? roles : (users.pages[page - 1] ?? users.afterTheLast);
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
});

process.on("message", (asked: Show | "requests") => {
  if (asked === "requests") {
    process.send?.({ requests });
    return;
  }
  if (!isDeepStrictEqual(asked, showing)) {
    // Two states of a million users at once would be a gigabyte.
    pages = [];
    ({ pages, afterTheLast } = renderPages(asked, PAGE_SIZE));
    showing = asked;
  }
  process.send?.(asked);
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
process.on("disconnect", () => process.exit());
// A terminal sends its interruption to all: the bench, which cleans up, ends us.
process.on("SIGINT", () => {});
