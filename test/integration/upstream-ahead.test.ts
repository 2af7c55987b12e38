/** Which pages are asked for ahead, and what that must not cost: those that nobody takes, and those that are too many at once. */
import { once } from "node:events";
import type { Paging } from "../../src/domain/job";
import { silentLog } from "../../src/domain/log";
import { parseAll } from "../../src/domain/page-records";
import { createUpstream } from "../../src/upstream/create-upstream";
import { jobAt, quickHttp, streamOf } from "../support/upstream-job";
import type { ListOptions } from "../support/upstream-server";
import { pagesOf, people, readPages, withUpstream } from "../support/with-upstream";

const given = withUpstream();

const TOTAL = { in: "body", path: ["total"] } as const;
const BY_OFFSET: Paging = { kind: "offset", as: "offset", from: 0, size: null, total: TOTAL };
const BY_NUMBER: Paging = { kind: "number", as: "page", from: 1, size: null, total: TOTAL };

/** So long a page waits for what should not come, in milliseconds. */
const PATIENCE = 300;

const pagesBy = (page: Paging) => {
  const { signal } = new AbortController();
  return given.upstream.pages({ stream: streamOf(null, "/users", { page }), parent: null, run: 1, signal });
};

test("pages that turn out to be others leave the retries to those that are taken", async () => {
  const all = people(100);
  let isWell = false;
  let asked = 0;
  given.server.on("/users", async ({ query }) => {
    const from = Number(query.get("offset"));
    // The third page is shorter than the others, so that those that were asked for ahead begin elsewhere.
    if (from > 20 && from % 10 === 0) return { status: 503 };
    if (from === 27 && !isWell) {
      isWell = true;
      await Promise.race([
        given.server.requested("/users", 20),
        new Promise((resolve) => setTimeout(resolve, PATIENCE)),
      ]);
      asked = given.server.requests.length;
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
  given.server.on("/users", async ({ query }, response) => {
    const page = Number(query.get("page"));
    if (page === 4) leftAlone = once(response, "close");
    if (page >= 4) return;
    if (page === 3) await given.server.requested("/users", 4);
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
  given.server.on("/users", async ({ query }) => {
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

test("the next page is under way while this one is worked on, and no further", async () => {
  const list = given.server.serveList("/users", () => people(50), { paging: "offset", pageSize: 10 });
  for await (const { number } of pagesOf(given, streamOf(list))) {
    await given.server.requested("/users", Math.min(number + 1, 6));
    expect(given.server.requests.length).toBeLessThanOrEqual(number + 1);
  }
});

describe("pages that are known to follow", () => {
  const COUNTED = [
    { paging: "offset", total: "body" },
    { paging: "number", total: "header" },
  ] as const;
  const served = (count: number, options: ListOptions) =>
    given.server.serveList("/users", () => people(count), { pageSize: 10, ...options });

  test.each(COUNTED)(
    "are asked for ahead, but for the last, one more with each page, as many at once as the job allows: %j",
    async (options) => {
      const list = served(100, options);
      for await (const { number, records } of pagesOf(given, streamOf(list))) {
        expect(parseAll(records)).toEqual(people(100).slice(10 * (number - 1), 10 * number));
        const asked = number < 9 ? Math.min(number + Math.min(number, 4), 9) : 10;
        await given.server.requested("/users", asked);
        expect(given.server.requests.length).toBe(asked);
      }
    },
  );

  test("are not asked for ahead by a job that asks for one thing at a time", async () => {
    await given.upstream.close();
    given.upstream = createUpstream({
      job: jobAt(given.server.url, { http: { ...quickHttp, concurrency: 1 } }),
      log: silentLog,
    });
    const list = served(50, COUNTED[0]);
    for await (const { number } of pagesOf(given, streamOf(list))) {
      await given.server.requested("/users", Math.min(number + 1, 5));
      expect(given.server.requests.length).toBe(Math.min(number + 1, 5));
    }
  });

  test("are not asked for ahead where they are large", async () => {
    const padding = "x".repeat(900_000);
    const list = given.server.serveList("/users", () => people(60).map((person) => ({ ...person, padding })), {
      pageSize: 10,
      paging: "number",
      total: "body",
    });
    for await (const { number } of pagesOf(given, streamOf(list))) {
      await given.server.requested("/users", Math.min(number + 1, 6));
      expect(given.server.requests.length).toBe(Math.min(number + 1, 6));
    }
  });

  test("that turn out to be others are given up, and every record comes once", async () => {
    const all = people(100);
    // Pages of 10, but the third holds 7.
    given.server.on("/users", ({ query }) => {
      const from = Number(query.get("offset"));
      const length = from === 20 ? 7 : 10;
      return { body: { items: all.slice(from, from + length), total: 100 } };
    });
    const total = { in: "body", path: ["total"] } as const;
    const page = { kind: "offset", as: "offset", from: 0, size: null, total } as const;
    const { records, failure } = await readPages(given, streamOf(null, "/users", { page }));
    expect(failure).toBeNull();
    expect(records).toEqual(all);
    // Eleven pages, and what was under way when the third came.
    expect(given.server.requests.length).toBeLessThanOrEqual(11 + 3);
  });

  test("and fail are told of after all that come before them", async () => {
    const list = served(100, COUNTED[1]);
    list.fault(5, "404");
    await expect(readPages(given, streamOf(list))).resolves.toMatchObject({
      pages: [10, 10, 10, 10],
      failure: { code: "UPS009", message: expect.stringContaining("(page 5)") },
    });
  });

  test("are left when nobody reads on", async () => {
    const list = served(100, COUNTED[0]);
    for await (const { number } of pagesOf(given, streamOf(list))) if (number === 2) break;
    const asked = given.server.requests.length;
    await given.upstream.close();
    expect(given.server.requests.length).toBe(asked);
    expect(asked).toBeLessThanOrEqual(4);
  });
});
