/**
 * A SCIM 2.0 server that this project did not write: SCIMMY's routers over real HTTP on loopback, its records in memory.
 * Everything is asked and changed through its own HTTP interface.
 *
 *     const scim = await startScimServer({ users: 1000, groups: 50 });
 *     await scim.request("PATCH", "/Users/user-7", patchOf({ op: "replace", path: "active", value: false }));
 *     await scim.close();
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import SCIMMYRouters, { SCIMMY } from "scimmy-routers";

export interface ScimServer {
  /** Ends in the version, e.g. `http://127.0.0.1:40123/scim/v2`. */
  readonly url: string;
  /** What it asks for as a bearer token. */
  readonly token: string;
  /** Asks the server as an administrator would; resolves with the body, null when there is none, and rejects unless it is 2xx. */
  request(method: string, path: string, body?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** How many groups user number `user` is in: its own and, every tenth, the first as well. */
export const groupsOfUser = (user: number, groups: number): readonly string[] => [
  ...new Set([groupId((user % groups) + 1), ...(user % 10 === 0 ? [groupId(1)] : [])]),
];

const userId = (user: number): string => `user-${user}`;
const groupId = (group: number): string => `group-${group}`;

/** The body of a PATCH. */
export const patchOf = (...operations: readonly object[]): object => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
  Operations: operations,
});

type Resource = Readonly<Record<string, unknown>> & { readonly id: string };
type Member = { readonly value: string };

/** What one server holds, by id. SCIMMY keeps its handlers for the whole process; each request brings its own store. */
interface Store {
  readonly users: Map<string, Resource>;
  readonly groups: Map<string, Resource>;
}

const TOKEN = "scim-test-token";

/** Starts a server that holds users `user-1` to `user-N` and groups `group-1` to `group-M` with members. */
export async function startScimServer({ users, groups }: { users: number; groups: number }): Promise<ScimServer> {
  declareResources();
  const store = fill(users, groups);
  const app = express();
  app.use(keepQuery);
  app.use("/scim/v2", new SCIMMYRouters({ type: "bearer", handler: authenticate, context: () => store }));
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/scim/v2`;
  return {
    url,
    token: TOKEN,
    async request(method, path, body) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/scim+json", connection: "close" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
      return text === "" ? null : JSON.parse(text);
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function authenticate(request: unknown): string {
  if ((request as IncomingMessage).headers.authorization !== `Bearer ${TOKEN}`) throw new Error("not authenticated");
  return "sync";
}

/** Express 5 parses the query anew whenever it is read; SCIMMY's routers change it in place and rely on that to stay. */
function keepQuery(request: IncomingMessage & { query?: object }, _response: unknown, next: () => void): void {
  Object.defineProperty(request, "query", { value: { ...request.query }, writable: true });
  next();
}

function declareResources(): void {
  const { User, Group } = SCIMMY.Resources;
  if (SCIMMY.Resources.declared("User")) return;
  SCIMMY.Resources.declare(
    User,
    handlersOf((store) => store.users, removeFromGroups),
  );
  SCIMMY.Resources.declare(
    Group,
    handlersOf(
      (store) => store.groups,
      () => undefined,
    ),
  );
}

/** SCIMMY's handlers of one kind of resource: read, write, remove. Filters and patches are worked by SCIMMY itself. */
function handlersOf(records: (store: Store) => Map<string, Resource>, removed: (store: Store, id: string) => void) {
  return {
    egress(resource: ScimRequest, store: Store) {
      if (resource.id !== undefined) return found(records(store).get(resource.id));
      const all = [...records(store).values()];
      return pageOf(resource.filter === undefined ? all : resource.filter.match(all), resource.constraints);
    },
    ingress(resource: ScimRequest, instance: object, store: Store) {
      const before = resource.id === undefined ? undefined : found(records(store).get(resource.id));
      const id = before?.id ?? `new-${records(store).size + 1}`;
      const after: Resource = { ...JSON.parse(JSON.stringify(instance)), id };
      records(store).set(id, after);
      return after;
    },
    degress(resource: ScimRequest, store: Store) {
      const { id } = found(records(store).get(resource.id ?? ""));
      records(store).delete(id);
      removed(store, id);
    },
  };
}

/** What SCIMMY tells a handler, as far as it is used here. */
interface ScimRequest {
  readonly id?: string;
  readonly filter?: { match(records: readonly Resource[]): readonly Resource[] };
  readonly constraints?: { readonly startIndex?: number; readonly count?: number; totalResults?: number };
}

/** SCIMMY pages whole lists itself but formats every record for it; later pages it is handed alone, with the total. */
function pageOf(all: readonly Resource[], constraints: ScimRequest["constraints"] = {}): readonly Resource[] {
  const { startIndex = 1, count = 20 } = constraints;
  if (startIndex <= count) return all;
  constraints.totalResults = all.length;
  return all.slice(startIndex - 1, startIndex - 1 + count);
}

function found(resource: Resource | undefined): Resource {
  if (resource === undefined) throw new SCIMMY.Types.Error(404, null as never, "no such resource");
  return resource;
}

function removeFromGroups(store: Store, user: string): void {
  for (const [id, group] of store.groups) {
    const members = (group.members as readonly Member[] | undefined)?.filter(({ value }) => value !== user);
    store.groups.set(id, { ...group, members });
  }
}

function fill(users: number, groups: number): Store {
  const numbers = Array.from({ length: users }, (_, index) => index + 1);
  const membersOf = (id: string): Member[] =>
    numbers.filter((user) => groupsOfUser(user, groups).includes(id)).map((user) => ({ value: userId(user) }));
  return {
    users: new Map(numbers.map((user) => [userId(user), userResource(user)])),
    groups: new Map(
      Array.from({ length: groups }, (_, index) => groupId(index + 1)).map((id) => [
        id,
        { id, displayName: `Team ${id}`, members: membersOf(id) },
      ]),
    ),
  };
}

const userResource = (user: number): Resource => ({
  id: userId(user),
  userName: `User${user}@Example.com`,
  name: { givenName: `Given${user}`, familyName: `Family${user}` },
  displayName: `Given${user} Family${user}`,
  title: user % 3 === 0 ? "Driver" : undefined,
  locale: "en-GB",
  timezone: "Europe/London",
  active: user % 20 !== 0,
  emails: [
    { value: `private${user}@example.org`, type: "home" },
    { value: `User${user}@Example.com`, type: "work", primary: true },
  ],
  phoneNumbers: [{ value: `+44 20 7946 ${String(user).padStart(4, "0")}`, type: "work" }],
});
