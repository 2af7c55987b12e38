import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Directory } from "./directory";
import { type ServiceAccount, TokenDesk } from "./token-desk";

export interface CustomerSystem {
  /** `http://127.0.0.1:PORT`; stays the same over `close` and `reopen`. */
  readonly url: string;
  readonly account: ServiceAccount;
  /** Who works there; change it and the API changes. */
  readonly directory: Directory;
  /** While true the list of users is empty, with status 200 and a total of 0, as after a broken deployment. */
  answerEmpty(empty: boolean): void;
  /** Resolves when a path such as `/users` is asked for the next time; rejects when the signal aborts. */
  asked(path: string, signal: AbortSignal): Promise<void>;
  /** Ends every connection and refuses new ones. */
  close(): Promise<void>;
  reopen(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const ok = (body: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({ status: 200, body, headers });
const unknown = (what: string): Answer => ({ status: 404, body: { error: `no such ${what}` } });
const refused: Answer = { status: 401, body: { error: "invalid_token" }, headers: { "www-authenticate": "Bearer" } };
const badClient: Answer = { status: 401, body: { error: "invalid_client" } };

const badLogin: Answer = { status: 401, body: { error: "invalid_credentials" } };
const suspended: Answer = { status: 423, body: { error: "suspended" } };

/** What everybody at Acme has chosen. */
export const passwordOf = (login: string): string => `${login} may come in`;

/** A whole number of the query between `least` and `most`, else `otherwise`. */
const numberOf = (url: URL, name: string, least: number, most: number, otherwise: number): number => {
  const value = Number(url.searchParams.get(name) ?? otherwise);
  return Number.isInteger(value) && value >= least ? Math.min(value, most) : otherwise;
};

type Route = (url: URL, id: string) => Answer;

/**
 * Boots Acme's directory on a free port of the loopback address. The API is described in `openapi.yaml`:
 * one list by `Link` header, one by offset, one by cursor, one without pages.
 * `tokenLifetime` is in seconds.
 */
export async function startCustomerSystem({ tokenLifetime = 60 } = {}): Promise<CustomerSystem> {
  const directory = new Directory();
  const desk = new TokenDesk(tokenLifetime);
  const arrivals = new EventEmitter();
  let empty = false;
  let origin = "";

  const listOrganizations: Route = (url) => {
    const [page, size] = [numberOf(url, "page", 1, 1_000, 1), numberOf(url, "per_page", 1, 25, 25)];
    const records = directory.organizations.slice((page - 1) * size, page * size);
    const more = page * size < directory.organizations.length;
    const next = `<${origin}/organizations?page=${page + 1}&per_page=${size}>; rel="next"`;
    return ok(records, more ? { link: next } : {});
  };

  const listRoles: Route = (url) => {
    const [offset, limit] = [numberOf(url, "offset", 0, 1_000_000, 0), numberOf(url, "limit", 1, 25, 25)];
    return ok({ items: directory.roles.slice(offset, offset + limit), total: directory.roles.length });
  };

  const listRolePermissions: Route = (_url, roleId) => {
    const permissions = directory.permissionsOf(roleId);
    return permissions === null ? unknown("role") : ok({ permissions });
  };

  // The cursor is the last id seen, so a page neither repeats nor skips anybody while people come and go.
  const listUsers: Route = (url) => {
    const limit = numberOf(url, "limit", 1, 200, 50);
    const after = Buffer.from(url.searchParams.get("after") ?? "", "base64url").toString();
    const users = empty ? [] : directory.users;
    const rest = users.filter(({ id }) => id > after);
    const page = rest.slice(0, limit);
    const last = rest.length > limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : Buffer.from(last.id).toString("base64url");
    return ok({ users: page, page: { next, total: users.length } });
  };

  const getUser: Route = (_url, id) => {
    const user = directory.user(id);
    return user === null ? unknown("user") : ok(user);
  };

  const logIn = (body: string): Answer => {
    const { login, password } = JSON.parse(body) as { login?: unknown; password?: unknown };
    const user = directory.users.find((one) => one.login.trim().toLowerCase() === String(login).toLowerCase());
    if (user === undefined || password !== passwordOf(user.login.trim().toLowerCase())) return badLogin;
    return user.state === "ACTIVE" ? ok({ user: { id: user.id } }) : suspended;
  };

  const routes: readonly (readonly [RegExp, Route])[] = [
    [/^\/organizations$/, listOrganizations],
    [/^\/permissions$/, () => ok({ permissions: directory.permissions })],
    [/^\/roles$/, listRoles],
    [/^\/roles\/([^/]+)\/permissions$/, listRolePermissions],
    [/^\/users$/, listUsers],
    [/^\/users\/([^/]+)$/, getUser],
  ];

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? "/", origin);
    const { authorization } = request.headers;
    arrivals.emit(url.pathname);
    if (request.method === "POST" && url.pathname === "/token") {
      const token = desk.issue(authorization, new URLSearchParams(await text(request)));
      return token === null ? badClient : ok(token);
    }
    if (!desk.accepts(authorization)) return refused;
    if (request.method === "POST" && url.pathname === "/login") return logIn(await text(request));
    for (const [pattern, route] of routes) {
      const match = pattern.exec(url.pathname);
      if (match !== null && request.method === "GET") return route(url, decodeURIComponent(match[1] ?? ""));
    }
    return unknown("place");
  };

  const send = (response: ServerResponse, { status, body, headers }: Answer): void => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };

  const server = createServer((request, response) => {
    answer(request).then(
      (found) => send(response, found),
      () => send(response, { status: 400, body: { error: "unreadable request" } }),
    );
  });

  let port = 0;
  const open = async (): Promise<void> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
    origin = `http://127.0.0.1:${port}`;
  };
  await open();

  return {
    url: origin,
    account: desk.account,
    directory,
    answerEmpty: (value) => {
      empty = value;
    },
    asked: async (path, signal) => void (await once(arrivals, path, { signal })),
    close: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
    reopen: open,
  };
}
