/** What pages that are asked for ahead must not cost: those that nobody takes, and those that are too many at once. */
import { once } from "node:events";
import type { Paging } from "../../src/domain/job";
import { silentLog } from "../../src/domain/log";
import type { Upstream } from "../../src/domain/upstream";
import { createUpstream } from "../../src/upstream/create-upstream";
import { jobAt, streamOf } from "../support/upstream-job";
import { startUpstreamServer, type UpstreamServer } from "../support/upstream-server";

let server: UpstreamServer;
let upstream: Upstream;

beforeEach(async () => {
  server = await startUpstreamServer();
  upstream = createUpstream({ job: jobAt(server.url), log: silentLog });
});
afterEach(async () => {
  await upstream.close();
  await server.close();
});

const TOTAL = { in: "body", path: ["total"] } as const;
const BY_OFFSET: Paging = { kind: "offset", as: "offset", from: 0, size: null, total: TOTAL };
const BY_NUMBER: Paging = { kind: "number", as: "page", from: 1, size: null, total: TOTAL };

/** So long a page waits for what should not come, in milliseconds. */
const PATIENCE = 300;

const people = (count: number): { id: string }[] => Array.from({ length: count }, (_, n) => ({ id: `u${n}` }));
const pagesBy = (page: Paging) => {
  const { signal } = new AbortController();
  return upstream.pages({ stream: streamOf(null, "/users", { page }), parent: null, run: 1, signal });
};

test("pages that turn out to be others leave the retries to those that are taken", async () => {
  const all = people(100);
  let isWell = false;
  let asked = 0;
  server.on("/users", async ({ query }) => {
    const from = Number(query.get("offset"));
    // The third page is shorter than the others, so that those that were asked for ahead begin elsewhere.
    if (from > 20 && from % 10 === 0) return { status: 503 };
    if (from === 27 && !isWell) {
      isWell = true;
      await Promise.race([server.requested("/users", 20), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
      asked = server.requests.length;
      return { status: 503 };
    }
    return { body: { items: all.slice(from, from + (from === 20 ? 7 : 10)), total: 100 } };
  });
  const pages: number[] = [];
  for await (const { records } of pagesBy(BY_OFFSET)) pages.push(records.length);
  expect(pages).toEqual([10, 10, 7, 10, 10, 10, 10, 10, 10, 10, 3]);
  expect(asked).toBeLessThan(10);
});

// Within less than the 10 s that a request may take.
test("a page beyond the end is no longer waited for once the last one is read", async () => {
  let leftAlone: Promise<unknown> = Promise.reject(new Error("page 4 was not asked for"));
  leftAlone.catch(() => undefined);
  server.on("/users", async ({ query }, response) => {
    const page = Number(query.get("page"));
    if (page === 4) leftAlone = once(response, "close");
    if (page >= 4) return;
    if (page === 3) await server.requested("/users", 4);
    // The third page holds all that are left.
    return { body: { items: people(60).slice(10 * (page - 1), page === 3 ? 60 : 10 * page), total: 60 } };
  });
  const pages: number[] = [];
  for await (const { number, records } of pagesBy(BY_NUMBER)) {
    pages.push(records.length);
    if (number === 3) await leftAlone;
  }
  expect(pages).toEqual([10, 10, 40]);
}, 5_000);

test("a system that answers one request at a time is read to its end", async () => {
  const all = people(2_000);
  let underWay = 0;
  let refused = 0;
  server.on("/users", async ({ query }) => {
    if (underWay > 0) {
      refused += 1;
      return { status: 429 };
    }
    underWay += 1;
    await new Promise((resolve) => setTimeout(resolve, 1));
    underWay -= 1;
    const from = Number(query.get("offset"));
    return { body: { items: all.slice(from, from + 10), total: all.length } };
  });
  let received = 0;
  for await (const { records } of pagesBy(BY_OFFSET)) received += records.length;
  expect(received).toBe(all.length);
  expect(refused).toBeLessThan(10 + 200 / 10);
});
