import { silentLog } from "../../src/domain/log";
import { type Position, parseAll } from "../../src/domain/page-records";
import { Secret } from "../../src/domain/secret";
import { createUpstream } from "../../src/upstream/create-upstream";
import { jobAt, streamOf } from "../support/upstream-job";
import { type List, type ListOptions, startUpstreamServer, type UpstreamServer } from "../support/upstream-server";

let server: UpstreamServer;

beforeEach(async () => {
  server = await startUpstreamServer();
});
afterEach(() => server.close());

const people = (count: number): readonly { id: string }[] => Array.from({ length: count }, (_, n) => ({ id: `u${n}` }));

interface Seen {
  readonly number: number;
  readonly total: number | null;
  readonly records: readonly unknown[];
  readonly next: Position | null;
}

/** What another process would read, which knows nothing but the position as it was kept; when is each time another. */
const read = async (
  list: List,
  position: Position | null,
  changes = {},
): Promise<{ pages: Seen[]; failure: unknown }> => {
  const upstream = createUpstream({ job: jobAt(server.url, changes), log: silentLog });
  const kept = position === null ? {} : { position: JSON.parse(JSON.stringify(position)) as Position };
  const pages: Seen[] = [];
  const signal = new AbortController().signal;
  try {
    for await (const { records, askedAt: _, ...page } of upstream.pages({
      stream: streamOf(list),
      parent: null,
      run: 7,
      signal,
      ...kept,
    }))
      pages.push({ ...page, records: parseAll(records) });
    return { pages, failure: null };
  } catch (failure) {
    return { pages, failure };
  } finally {
    await upstream.close();
  }
};

const asked = (): readonly string[] => server.requests.map(({ target }) => target);

const RESUMABLE: readonly ListOptions[] = [
  { paging: "link" },
  { paging: "next-url" },
  { paging: "cursor" },
  { paging: "cursor in header" },
  { paging: "keyset" },
];

describe.each(RESUMABLE)("%j", (options) => {
  const serve = (more: ListOptions = {}): List =>
    server.serveList("/users", () => people(45), { pageSize: 10, total: "body", ...options, ...more });

  test("goes on from every page with the requests and the pages that are left", async () => {
    const list = serve();
    const { pages } = await read(list, null);
    const requests = asked();
    expect(pages.map(({ next }) => next === null)).toEqual([false, false, false, false, true]);
    for (const { number, next } of pages.slice(0, -1)) {
      const before = asked().length;
      const resumed = await read(list, next);
      expect(resumed).toEqual({ pages: pages.slice(number), failure: null });
      expect(asked().slice(before)).toEqual(requests.slice(number));
    }
  });

  test("a page that came before the interruption comes again", async () => {
    const list = serve({ total: null });
    const { pages } = await read(list, null);
    list.fault(4, "repeat");
    expect(await read(list, pages[2]?.next ?? null)).toMatchObject({
      pages: [],
      failure: { code: "UPS014", message: expect.stringContaining("(page 4) is the same as page 1") },
    });
  });

  test("where a page tells no next one that can be asked, there is no position", async () => {
    const list = serve({ total: null });
    list.fault(2, () => ({ body: { items: [{ id: "" }], next: {} }, headers: { link: "<" } }));
    const { pages } = await read(list, null);
    expect(pages.at(-1)).toMatchObject({ number: 2, next: null });
  });
});

test.each(["offset", "number", "none"] as const)("%s goes on nowhere", async (paging) => {
  const { pages } = await read(
    server.serveList("/users", () => people(25), { pageSize: 10, paging }),
    null,
  );
  expect(pages.map(({ next }) => next)).toEqual(pages.map(() => null));
});

describe("positions that were tampered with", () => {
  const given = { received: 10, declared: null, seen: "-".repeat(11) };
  const LINK = { paging: "link" } as const;
  const CURSOR = { paging: "cursor" } as const;

  test.each([
    ["another host", LINK, { ...given, href: "http://elsewhere.example/users" }, "UPS015"],
    ["another scheme", LINK, { ...given, href: "file:///etc/passwd" }, "UPS015"],
    ["no address", LINK, { ...given, href: "http://[" }, "UPS013"],
    ["of another paging", CURSOR, { ...given, href: "/users?after=c-10" }, "UPS010"],
    ["of another paging, too", LINK, { ...given, value: "c-10" }, "UPS010"],
    ["of a paging that cannot be resumed", { paging: "offset" } as const, { ...given, value: "10" }, "UPS010"],
    ["nothing", CURSOR, {}, "UPS010"],
    ["a number of records that is none", CURSOR, { ...given, value: "c-10", received: -1 }, "UPS010"],
    ["a declared number that is none", CURSOR, { ...given, value: "c-10", declared: "9" }, "UPS010"],
    ["pages that are none", CURSOR, { ...given, value: "c-10", seen: "x" }, "UPS010"],
    ["no pages", CURSOR, { ...given, value: "c-10", seen: "" }, "UPS010"],
  ])("%s is refused before anything is asked", async (_name, options, position, code) => {
    const list = server.serveList("/users", () => people(25), { pageSize: 10, ...options });
    expect(await read(list, position)).toMatchObject({ pages: [], failure: { code } });
    expect(server.requests).toEqual([]);
  });
});

test("credentials that an answer repeats in its links are not in positions, and are sent once", async () => {
  const list = server.serveList("/users", () => people(25), { pageSize: 10, paging: "link" });
  const auth = { kind: "api-key", in: "query", name: "key", value: new Secret("s3cr3t-value") } as const;
  const { pages } = await read(list, null, { auth });
  expect(asked()[1]).toContain("key=s3cr3t-value");
  expect(JSON.stringify(pages)).not.toContain("s3cr3t");
  const before = asked().length;
  expect(await read(list, pages[0]?.next ?? null, { auth })).toEqual({ pages: pages.slice(1), failure: null });
  expect(
    asked()
      .slice(before)
      .map((target) => target.split("s3cr3t-value").length),
  ).toEqual([2, 2]);
});
