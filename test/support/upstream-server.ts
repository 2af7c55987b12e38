/**
 * A customer's system for tests: a real HTTP server on loopback that is told what to answer.
 *
 *     const server = await startUpstreamServer();
 *     const users = server.serveList("/users", () => people, { paging: "cursor", pageSize: 50, total: "body" });
 *     users.fault(3, "html");                         // page 3 answers HTML, every time
 *     users.fault(2, "503", { times: 1 });            // page 2 fails once
 *     server.on("/roles/{id}", ({ params }) => ({ body: roleOf(params.id) }));
 *     ...                                             // stream: { request: { path: "/users" }, page: users.paging, records: users.records }
 *     await server.close();
 *
 * What it was asked is in `server.requests`; `await server.requested("/users", 3)` waits for the third request to a path.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { FAULTS } from "./upstream-faults";
import { createList, type List, type ListFault, type ListOptions } from "./upstream-list";

export interface SeenRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** By name in the pattern, e.g. `id` of `/roles/{id}`; decoded. */
  readonly params: Readonly<Record<string, string>>;
}

export interface Reply {
  /** 200 unless told. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Text and bytes are sent as they are, anything else as JSON; absent means no body. */
  readonly body?: unknown;
}

/** Returns the reply, or works `response` itself and returns nothing. */
export type Handler = (
  request: SeenRequest,
  response: ServerResponse,
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that works `response` itself returns nothing
) => Reply | void | Promise<Reply | void>;

export interface UpstreamServer {
  /** Without a trailing slash, e.g. `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Everything asked so far, in order of arrival, whatever the answer was. */
  readonly requests: readonly SeenRequest[];
  /**
   * Answers every method at `path`, which may hold `{name}` parameters; a later call replaces an earlier one.
   *
   * @returns puts back what answered before
   */
  on(path: string, handler: Handler): () => void;
  /** Serves records in pages; `records` is asked anew at every request. */
  serveList(path: string, records: (request: SeenRequest) => readonly unknown[], options?: ListOptions): List;
  /** A client-credentials token endpoint; from then on every other path answers 401 without a token it gave. */
  serveToken(path: string, options?: TokenOptions): TokenEndpoint;
  /** Runs before every handler; a reply it gives is the answer. Replaces an earlier gate. */
  gate(handler: (request: SeenRequest) => Reply | null): void;
  /** Resolves when `path` has been asked `count` times in all. */
  requested(path: string, count?: number): Promise<void>;
  /** Stops at once; open connections are cut. */
  close(): Promise<void>;
}

interface TokenOptions {
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Seconds; null leaves `expires_in` out. */
  readonly expiresIn?: number | null;
}

export interface TokenEndpoint {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Tokens given so far. */
  readonly given: readonly string[];
  /** Makes every token given so far worthless. */
  revoke(): void;
}

/** Starts it on a free port of 127.0.0.1, or on `port`; `makeServer` may give a server that speaks TLS. */
export const startUpstreamServer = async (
  options: { readonly port?: number; readonly makeServer?: () => Server } = {},
): Promise<UpstreamServer> => {
  const routes: { pattern: RegExp; path: string; handler: Handler }[] = [];
  const requests: SeenRequest[] = [];
  let waiting: { path: string; count: number; resolve: () => void }[] = [];
  let gate: (request: SeenRequest) => Reply | null = () => null;

  const countOf = (path: string): number => requests.filter((r) => r.path === path).length;
  const record = (request: SeenRequest): void => {
    requests.push(request);
    const [ready, rest] = partition(waiting, (w) => countOf(w.path) >= w.count);
    waiting = rest;
    for (const { resolve } of ready) resolve();
  };

  const server = options.makeServer?.() ?? createServer();
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const target = incoming.url ?? "/";
    const url = new URL(target, "http://upstream");
    const route = routes.find((r) => r.pattern.test(url.pathname));
    const params = route?.pattern.exec(url.pathname)?.groups ?? {};
    const request: SeenRequest = {
      method: incoming.method ?? "GET",
      target,
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString(),
      params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decodeURIComponent(value)])),
    };
    record(request);
    const reply = gate(request) ?? (await (route?.handler ?? FAULTS["404"])(request, response));
    if (reply) send(response, reply);
  };
  server.on("request", (incoming: IncomingMessage, response: ServerResponse) => {
    answer(incoming, response).catch((error: unknown) => {
      // A client that went away is the test's business; a handler that threw shows as a 500.
      if (!response.destroyed && !response.headersSent) send(response, { status: 500, body: { error: String(error) } });
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const scheme = "setSecureContext" in server ? "https" : "http";
  const url = `${scheme}://127.0.0.1:${port}`;

  const on: UpstreamServer["on"] = (path, handler) => {
    const at = routes.findIndex((r) => r.path === path);
    const route = { path, pattern: patternOf(path), handler };
    const before = routes.splice(at < 0 ? routes.length : at, at < 0 ? 0 : 1, route);
    return () => void routes.splice(routes.indexOf(route), 1, ...before);
  };

  return {
    url,
    requests,
    on,
    serveList(path, records, listOptions = {}) {
      const list = createList(url, records, listOptions);
      on(path, list.handler);
      return list;
    },
    serveToken(path, { clientId = "understudy", clientSecret = "s3cr3t-value", expiresIn = 3600 } = {}) {
      const given: string[] = [];
      let valid = new Set<string>();
      on(path, ({ headers, body }) => {
        const form = new URLSearchParams(body);
        const basic = Buffer.from((headers.authorization ?? "").replace(/^Basic /, ""), "base64").toString();
        const sent = form.has("client_id") ? `${form.get("client_id")}:${form.get("client_secret")}` : basic;
        if (
          sent !== `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}` &&
          sent !== `${clientId}:${clientSecret}`
        )
          return { status: 401, body: { error: "invalid_client" } };
        const token = `token-${given.length + 1}`;
        given.push(token);
        valid.add(token);
        return {
          body: { access_token: token, token_type: "Bearer", ...(expiresIn === null ? {} : { expires_in: expiresIn }) },
        };
      });
      gate = (request) =>
        request.path === path || valid.has((request.headers.authorization ?? "").replace(/^Bearer /, ""))
          ? null
          : { status: 401, body: { error: "invalid_token" } };
      return { clientId, clientSecret, given, revoke: () => (valid = new Set()) };
    },
    gate(handler) {
      gate = handler;
    },
    requested: (path, count = 1) =>
      new Promise((resolve) => {
        if (countOf(path) >= count) resolve();
        else waiting.push({ path, count, resolve });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const send = (response: ServerResponse, { status = 200, headers = {}, body }: Reply): void => {
  const raw = typeof body === "string" || body instanceof Uint8Array;
  const bytes = body === undefined ? "" : raw ? body : JSON.stringify(body);
  response.statusCode = status;
  if (body !== undefined) response.setHeader("content-type", "application/json");
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(bytes);
};

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`);

const partition = <T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] => [
  items.filter(test),
  items.filter((item) => !test(item)),
];

export type { List, ListFault, ListOptions };
