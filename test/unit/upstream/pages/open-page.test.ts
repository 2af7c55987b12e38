import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import type { Paging } from "../../../../src/domain/job";
import { digestAt, parseAll } from "../../../../src/domain/page-records";
import { RememberedPages } from "../../../../src/sync/state/remembered-pages";
import { Body } from "../../../../src/upstream/http/body";
import { DEFAULT_LIMITS } from "../../../../src/upstream/http/limits";
import { readPath } from "../../../../src/upstream/http/places";
import { readJson } from "../../../../src/upstream/http/read-json";
import { openPage } from "../../../../src/upstream/pages/open-page";
import { holds } from "../../../support/holds";
import { jsonTexts, pageTexts } from "../../../support/json-texts";

const NONE: Paging = { kind: "none", size: null, total: null };
const limits = { ...DEFAULT_LIMITS, depth: 12 };
/** It comes in pieces of a few bytes. */
const answer = (body: string | Buffer) => {
  const bytes = Buffer.from(body);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) =>
    bytes.subarray(index * 7, index * 7 + 7),
  );
  return { status: 200, headers: {}, body: new Body(pieces) };
};

const open = (
  body: string | Buffer,
  records: readonly string[],
  page: Paging = NONE,
  memory: RememberedPages | null = null,
) => openPage(answer(body), { records, page, ignore: [] }, "/users", limits, memory);

/** The records as they come from a page opened, or the failure. */
const opened = (body: string | Buffer, path: readonly string[], memory: RememberedPages | null = null): unknown => {
  try {
    const { body: rest, cut } = open(body, path, NONE, memory);
    return cut === null ? readPath(rest, path) : parseAll(cut);
  } catch (failure) {
    return String(failure);
  }
};

/** The same by parsing the page whole. */
const parsed = (body: string | Buffer, path: readonly string[]): unknown => {
  try {
    return readPath(readJson(answer(body), "/users", limits), path);
  } catch (failure) {
    return String(failure);
  }
};

const paths = fc.constantFrom<readonly string[]>([], ["items"], ["data", "users"], ["ä", "a b", "€"]);
const pages = paths.chain((path) => pageTexts(path).map((texts) => ({ path, ...texts })));

describe("a page that is cut", () => {
  test("gives what parsing it whole gives", () => {
    holds(
      fc.property(pages, ({ path, page }) => {
        const { body, cut } = open(page, path);
        if (cut === null) throw new Error("it was not cut");
        expect(isDeepStrictEqual(parseAll(cut), parsed(page, path))).toBe(true);
        expect(readPath(body, path)).toEqual([]);
      }),
      250,
    );
  });

  test("gives the same when it is remembered, whatever of it is asked for, and is remembered for its own path alone", () => {
    holds(
      fc.property(pages, paths, fc.nat(9), fc.nat(9), ({ path, page }, elsewhere, from, to) => {
        const memory = new RememberedPages([]);
        const first = open(page, path, NONE, memory);
        const again = open(page, path, NONE, new RememberedPages(memory.changes(true).learned));
        if (first.cut === null || again.cut === null) throw new Error("it was not cut");
        const { cut, body } = again;
        expect(cut.length).toBe(first.cut.length);
        expect(cut.digests()).toEqual(first.cut.digests());
        expect(isDeepStrictEqual(cut.parse(from, to), first.cut.parse(from, to))).toBe(true);
        expect(isDeepStrictEqual(body, first.body)).toBe(true);
        const other = opened(page, elsewhere);
        const recalled = opened(page, elsewhere, new RememberedPages(memory.changes(true).learned));
        expect(isDeepStrictEqual(recalled, other)).toBe(true);
      }),
      200,
    );
  });

  test("gives digests that are equal exactly for records written alike", () => {
    holds(
      fc.property(pages, pages, (one, other) => {
        const digests = [one, other].flatMap(({ page, path, records }) => {
          const { cut } = open(page, path);
          return records.map((text, index) => ({ text, digest: cut && digestAt(cut.digests(), index) }));
        });
        for (const { text, digest } of digests) {
          expect(digest).toMatch(/^[\u0000-\u00ff]{16}$/);
          for (const second of digests) expect(second.digest === digest).toBe(second.text === text);
        }
      }),
      200,
    );
  });

  test("that is damaged anywhere gives no record that parsing it whole would refuse", () => {
    const noise = fc.constantFrom(
      ...'{}[],:"\\ \n01eE+-.tfn\u0000ä\ufeff',
      "[]",
      "{}",
      "null",
      '"items":[1],',
      "\\u0069",
    );
    const damaged = fc.tuple(
      pages,
      fc.array(fc.tuple(fc.nat(), fc.nat(3), noise), { minLength: 1, maxLength: 3 }),
      fc.nat(),
    );
    holds(
      fc.property(damaged, fc.boolean(), ([{ path, page }, edits, end], isTruncated) => {
        let bytes = Buffer.from(page);
        for (const [place, length, inserted] of edits) {
          const at = place % bytes.length;
          bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(inserted), bytes.subarray(at + length)]);
        }
        if (isTruncated) bytes = bytes.subarray(0, end % (bytes.length + 1));
        const [found, expected] = [opened(bytes, path), parsed(bytes, path)];
        // Nothing says so where the whole page is parsed.
        if (bytes.length === 0 || /twice in one page$/.test(String(found))) return;
        expect([found, path, bytes.toString()]).toStrictEqual([expected, path, bytes.toString()]);
      }),
      1_250,
    );
  });

  test("at any byte is damaged", () => {
    const page = '{"next":"c1","data":{"n":2,"users":[{"id":"a","x":[1,{"y":"\\""}]} , {"id":"b"}]}}';
    for (let end = 1; end < page.length; end += 1)
      expect(opened(page.slice(0, end), ["data", "users"])).toMatch(/^Failure: .* that ends in the middle/);
  });
});

test("a damaged record is told as the page's damage, when it is asked for", () => {
  const { cut } = open('{"items":[{"id":1},{"id":,"name":"jane"}]}', ["items"]);
  expect(cut?.parse(0, 1)).toEqual([{ id: 1 }]);
  expect(() => cut?.parse(0, 2)).toThrow(
    expect.objectContaining({ code: "UPS011", message: expect.stringContaining("(no content type, 42 bytes)") }),
  );
});

describe("what has to be parsed whole", () => {
  test.each([
    ["a name with an escape beside the list", '{"items":[1],"it\\u0065m":[2]}', ["items"]],
    ["a list in a list", '{"data":[{"items":[1]}]}', ["data", "0", "items"]],
    ["no list", '{"items":{"a":1}}', ["items"]],
    ["nothing", "{}", ["items"]],
    ["two pages", '{"items":[1]}{"items":[1]}', ["items"]],
    ["a comma too many", '{"items":[1,]}', ["items"]],
    ["a comma too few", '{"items":[1 2]}', ["items"]],
    ["a list closed as an object", '{"items":[1}}', ["items"]],
    ["a page after which something comes", '{"items":[1]} x', ["items"]],
    ["an envelope that is no JSON", '{"items":[1],"next":nul}', ["items"]],
    ["text that is not UTF-8", Buffer.from([0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d]), []],
    ["records that are too deep", `{"items":[${"[".repeat(11)}${"]".repeat(11)}]}`, ["items"]],
  ])("%s", (_name, page, path) => {
    const [whole, asParsed] = [opened(page, path), parsed(page, path)];
    expect(whole).toEqual(asParsed);
    if (typeof asParsed !== "string") expect(open(page, path).cut).toBeNull();
  });

  test.each([
    ["a list", '{"items":[1],"items":[2]}', ["items"], []],
    [
      "a list of a source that ignores something",
      '{ "items" : [{"id":1}] , "n": 0, "items" : [] }',
      ["items"],
      [["at"]],
    ],
    ["a list, once with an escape", '{"items":[1],"it\\u0065ms":[2]}', ["items"], []],
    ["what holds the list", '{"data":{"items":[1]},"data":{}}', ["data", "items"], []],
    ["a list within what holds it", '{"n":{},"data":{"items":[],"x":"}","items":[1]}}', ["data", "items"], []],
  ])("%s that is named twice is no answer: whoever is in the first would look gone", (_name, page, records, ignore) => {
    expect(() => openPage(answer(page), { records, page: NONE, ignore }, "/users", limits)).toThrow(
      expect.objectContaining({
        code: "UPS013",
        message: `/users answered with \`${records.join(".")}\` twice in one page`,
      }),
    );
  });

  test.each([
    ["the cursor", '{"next":"b","items":[],"next":null}'],
    ["the cursor, written otherwise", '{"next":"b","items":[],"n\\u0065xt":null}'],
    ["the total", '{"meta":{"total":9,"total":3},"items":[]}'],
    ["what the total is in", '{"meta":{"total":9},"items":[],"meta":{"total":3}}'],
  ])("is refused where it names %s twice: nobody knows which leads on", (_what, page) => {
    const paging: Paging = {
      kind: "cursor",
      at: { in: "body", path: ["next"] },
      as: "after",
      size: null,
      total: { in: "body", path: ["meta", "total"] },
    };
    const memory = new RememberedPages([]);
    for (const items of ['"items":[]', '"items":[{"id":1}]', '"items":{}'])
      for (const remembered of [null, memory, memory])
        expect(() => open(page.replace('"items":[]', items), ["items"], paging, remembered)).toThrow(
          / twice in one page/,
        );
  });

  test("what is named twice beside that, or in a record, is as parsed", () => {
    const page = '{"n":1,"n":2,"items":[{"items":[1],"items":[2]}],"it\\u0065m":0}';
    expect(opened(page, ["items"])).toEqual(parsed(page, ["items"]));
  });

  test("a page whose paging looks into its records", () => {
    const paging: Paging = {
      kind: "cursor",
      at: { in: "body", path: ["items", "0", "id"] },
      as: "after",
      size: null,
      total: null,
    };
    expect(open('{"items":[{"id":"a"}]}', ["items"], paging)).toEqual({ body: { items: [{ id: "a" }] }, cut: null });
  });
});

test("records as deep as is allowed are cut", () => {
  const page = `{"items":[${"[".repeat(10)}${"]".repeat(10)}]}`;
  expect(open(page, ["items"]).cut?.parse(0, 1)).toEqual([JSON.parse(page).items[0]]);
});

test("a byte order mark is no part of a page", () => {
  expect(opened(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('["ü"]')]), [])).toEqual(["ü"]);
});

test("long texts of backslashes take no time that grows with their square", () => {
  const page = `["${"\\\\".repeat(500_000)}"]`;
  expect(open(page, []).cut?.length).toBe(1);
});

test("any JSON is a record", () => {
  holds(
    fc.property(jsonTexts, (text) => {
      expect(isDeepStrictEqual(opened(`[${text}]`, []), parsed(`[${text}]`, []))).toBe(true);
    }),
  );
});

test.each([
  ["with a type", { "content-type": "application/json" }, 200, "lost"],
  ["packed", { "content-encoding": "gzip" }, 200, "lost"],
  ["packed, and said to be none", { "content-encoding": "gzip" }, 204, "none"],
  ["that says nothing of itself", {}, 200, "none"],
])("no body %s", (_, headers, status, is) => {
  const nothing = { status, headers, body: new Body([]) };
  const page = () => openPage(nothing, { records: [], page: NONE, ignore: [] }, "/users", limits);
  if (is === "lost") expect(page).toThrow("not JSON");
  else expect(page()).toEqual({ body: null, cut: null });
});
