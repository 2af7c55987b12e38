/**
 * Users of a customer's system that tells what changed, by a clock of its own: `GET /users?updated_since=…`, or `GET
 * /delta/users` with links as those of Microsoft Graph.
 */
import { createList } from "./upstream-list";
import type { Reply, SeenRequest } from "./upstream-server";
import { JOB, type Person, type World } from "./world";

export interface ChangingUsers {
  /** The upstream's clock, in milliseconds. It stands still until it is moved. */
  clock: number;
  /** By how much the clock that stamps records is ahead of the one that stamps answers, in milliseconds. */
  stampsAhead: number;
  /** Answers tell no time. */
  hidesClock: boolean;
  /** Records a page. */
  pageSize: number;
  /** Called before a page is answered, from 1. */
  beforePage: (page: number, request: SeenRequest) => Reply | null | Promise<Reply | null>;
  /** Changes or adds a record, now. */
  put(person: Person): void;
  /** Takes a record away, now. */
  remove(id: string): void;
  /** No link given until now is good any more; answered with this status. */
  expireLinks(status?: number): void;
  /** The last page tells no link, as long as this is so. */
  withoutLink: boolean;
  /** Changes are told by links one by one, in their order, and not the latest of each record alone. */
  tellsEach: boolean;
  /** What `updated_since` was in each request for a first page; null where it was not asked. */
  readonly asked: (string | null)[];
}

interface Version {
  readonly id: string;
  readonly at: number;
  readonly record: Person | null;
}

export function serveChangingUsers(world: World, { pageSize = 5 } = {}): ChangingUsers {
  const versions: Version[] = [];
  const asked: (string | null)[] = [];
  let oldest = 0;
  let expiredStatus = 410;
  const { upstream } = world;
  const users: ChangingUsers = {
    clock: Date.parse("2026-11-20T00:00:00Z"),
    stampsAhead: 0,
    hidesClock: false,
    pageSize,
    beforePage: () => null,
    put(person) {
      const stamped = { ...person, updatedAt: new Date(users.clock + users.stampsAhead).toISOString() };
      const index = world.users.findIndex(({ id }) => id === person.id);
      if (index < 0) world.users.push(stamped);
      else world.users[index] = stamped;
      versions.push({ id: String(person.id), at: versions.length, record: stamped });
    },
    remove(id) {
      world.users = world.users.filter((person) => person.id !== id);
      versions.push({ id, at: versions.length, record: null });
    },
    expireLinks(status = 410) {
      oldest = versions.length;
      expiredStatus = status;
    },
    withoutLink: false,
    tellsEach: false,
    asked,
  };
  const dated = (reply: Reply): Reply => ({
    ...reply,
    headers: { ...reply.headers, date: users.hidesClock ? "" : new Date(users.clock).toUTCString() },
  });

  const since = createList(
    upstream.url,
    ({ query }) => {
      const from = query.get("updated_since");
      return world.users.filter(({ updatedAt }) => from === null || String(updatedAt) >= from);
    },
    { paging: "offset", pageSize: users.pageSize, total: "body" },
  );
  upstream.on("/users", async (request, response) => {
    const offset = Number(request.query.get("offset") ?? 0);
    if (offset === 0) asked.push(request.query.get("updated_since"));
    const instead = await users.beforePage(offset / users.pageSize + 1, request);
    return dated(instead ?? ((await since.handler(request, response)) as Reply));
  });

  upstream.on("/delta/users", async (request) => {
    const token = request.query.get("token") ?? `all:0:${versions.length}`;
    const [kind = "", from = "0", to = "0", skip = "0"] = token.split(":");
    const page = Number(skip) / users.pageSize + 1;
    const instead = await users.beforePage(page, request);
    if (instead !== null) return dated(instead);
    if (kind === "since" && Number(from) < oldest)
      return { status: expiredStatus, body: { error: { code: "syncStateNotFound" } } };
    const upTo = kind === "since" && to === "now" ? versions.length : Number(to);
    const asked = versions.filter(({ at }) => at < upTo && at >= (kind === "all" ? 0 : Number(from)));
    const latest = new Map(asked.map(({ id, record }) => [id, record]));
    const told: Iterable<readonly [string, Person | null]> =
      users.tellsEach && kind === "since" ? asked.map(({ id, record }) => [id, record] as const) : latest;
    const changes = [...told].flatMap(([id, record]): Person[] =>
      record !== null ? [record] : kind === "all" ? [] : [{ id, "@removed": { reason: "deleted" } }],
    );
    const shown = changes.slice(Number(skip), Number(skip) + users.pageSize);
    const ends = Number(skip) + users.pageSize >= changes.length;
    const key = request.query.get("api_key");
    const address = (next: string): string =>
      `${upstream.url}/delta/users?token=${next}${key === null ? "" : `&api_key=${key}`}`;
    const link = ends
      ? users.withoutLink
        ? {}
        : { "@odata.deltaLink": address(`since:${upTo}:now`) }
      : { "@odata.nextLink": address(`${kind}:${from}:${upTo}:${Number(skip) + users.pageSize}`) };
    return dated({ body: { ...link, count: changes.length, value: shown } });
  });
  return users;
}

const USERS_OF_JOB = JOB.slice(JOB.indexOf("  users:\n"));

export const SINCE_JOB = JOB.replace(
  USERS_OF_JOB,
  `  users:
    get: /users
    one: /users/{key}
    records: items
    page: { offset: offset, size: limit=5, total: total }
    since: { field: updatedAt, query: { updated_since: "{since}" }, overlap: 10m }
    full: Sun
    deletes: [sweep-now, 'state = "purged"']
`,
);

export const DELTA_JOB = JOB.replace(
  USERS_OF_JOB,
  `  users:
    get: /delta/users
    records: value
    page: { next-url: "\`@odata.nextLink\`" }
    delta: { link: "\`@odata.deltaLink\`", removed: "@removed" }
    deletes: sweep-now
`,
);
