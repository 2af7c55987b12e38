import type { Stream } from "../../../../src/domain/job";
import type { Mapped, MappedRecord } from "../../../../src/domain/mapping";
import { foldPage } from "../../../../src/sync/read/fold-page";

const STREAM = { name: "users", into: "users" } as Stream;
const ORIGIN = { stream: STREAM, page: 3, parent: null };

const record = (key: string, more: Partial<MappedRecord> = {}): MappedRecord => ({
  outcome: "record",
  key,
  values: {},
  attributes: {},
  lists: [],
  dropped: [],
  ...more,
});
const link = (left: string, right: string): Mapped => ({
  outcome: "link",
  links: "user_roles",
  left,
  right,
  scope: null,
});
/** Text that takes `bytes` bytes in UTF-8, two a character. */
const textOf = (bytes: number): string => "é".repeat(bytes / 2);

test("good records and links are staged as they are", () => {
  const page = foldPage(ORIGIN, [{}, {}], [record("a"), record("b")]);
  expect(page).toMatchObject({ page: 3, folded: 0, keyless: 0, rejects: [], skips: [] });
  expect(page.records.map(({ key }) => key)).toEqual(["a", "b"]);
  const children = foldPage({ ...ORIGIN, parent: { key: "r1", page: 1 } }, [{}], [link("u1", "r1")]);
  expect(children.links).toMatchObject([{ owner: "r1", left: "u1", right: "r1" }]);
});

test("records that are the same to the letter are one; a third that differs rejects all", () => {
  const same = foldPage(ORIGIN, [{ id: "a" }, { id: "b" }, { id: "a" }], [record("a"), record("b"), record("a")]);
  expect(same).toMatchObject({ folded: 1, rejects: [] });
  expect(same.records.map(({ key }) => key)).toEqual(["a", "b"]);
  const raw = [{ id: "a" }, { id: "a" }, { id: "a", more: 1 }];
  const differing = foldPage(ORIGIN, raw, [record("a"), record("a"), record("a")]);
  expect(differing).toMatchObject({ folded: 0, records: [] });
  expect(differing.rejects.map(({ key, code, place }) => [key, code, place])).toEqual([
    ["a", "MAP030", "page 3, record 1"],
    ["a", "MAP030", "page 3, record 2"],
    ["a", "MAP030", "page 3, record 3"],
  ]);
});

test("twins of which one is bad or left out are rejected too: nobody knows which is true", () => {
  const bad: Mapped = { outcome: "rejected", key: "a", field: "username", code: "MAP020", reason: "is missing" };
  const gone: Mapped = { outcome: "skipped", key: "b", because: "deleted" };
  const page = foldPage(ORIGIN, [1, 2, 3, 4], [record("a"), bad, gone, record("b")]);
  expect(page.rejects.map(({ code }) => code)).toEqual(["MAP030", "MAP030", "MAP030", "MAP030"]);
  expect(page).toMatchObject({ records: [], skips: [] });
});

test("of a change feed the last of a record counts, whatever it says", () => {
  const feed = { ...ORIGIN, isFeed: true };
  const bad: Mapped = { outcome: "rejected", key: "a", field: "username", code: "MAP020", reason: "is missing" };
  const gone: Mapped = { outcome: "skipped", key: "a", because: "deleted" };
  const nobody: Mapped = { outcome: "skipped", key: null, because: "deleted" };
  const raw = [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }, { n: 4 }];
  const foldLast = (last: Mapped) => foldPage(feed, raw, [bad, record("a"), gone, nobody, last]);
  expect(foldLast(record("a"))).toMatchObject({
    overtaken: 3,
    records: [{ key: "a" }],
    rejects: [],
    skips: [{ key: null }],
  });
  expect(foldLast(gone)).toMatchObject({
    overtaken: 3,
    records: [],
    rejects: [],
    skips: [{ key: null }, { key: "a" }],
  });
  expect(foldLast(bad)).toMatchObject({
    overtaken: 3,
    records: [],
    rejects: [{ key: "a", place: "page 3, record 5" }],
  });
  expect(foldPage(feed, [{}, {}, {}], [nobody, nobody, record("b")])).toMatchObject({ overtaken: 0, folded: 0 });
});

test("a page of nothing but one record is folded in one pass", () => {
  const raw = Array.from({ length: 20_000 }, () => ({ id: "a" }));
  const mapped = raw.map(() => record("a"));
  expect(foldPage(ORIGIN, raw, mapped)).toMatchObject({ folded: 19_999, rejects: [] });
});

test("a reject without a key makes the page prove nothing; a record left out needs no key", () => {
  const bad: Mapped = { outcome: "rejected", key: null, field: "key", code: "MAP025", reason: "is missing" };
  const left: Mapped = { outcome: "skipped", key: null, because: "skip" };
  const page = foldPage(ORIGIN, [{}, {}, {}], [bad, left, left]);
  expect(page).toMatchObject({ keyless: 1, skips: [left, left].map(({ because }) => ({ key: null, because })) });
  expect(page.rejects).toMatchObject([{ key: null, place: "page 3, record 1" }]);
});

test("rejects of children are placed among those of their parent", () => {
  const bad: Mapped = { outcome: "rejected", key: null, field: "user", code: "MAP020", reason: "is missing" };
  const page = foldPage({ stream: STREAM, page: 17, parent: { key: "r1", page: 2 } }, [{}], [bad]);
  expect(page.rejects).toMatchObject([{ place: "r1, page 2, record 1" }]);
});

test("what no index can hold is rejected, to the byte", () => {
  const rejectOf = (mapped: Mapped, into: Stream["into"] = "users") =>
    foldPage({ ...ORIGIN, stream: { ...STREAM, into } }, [{}], [mapped]).rejects.map(({ key, field }) => [key, field]);
  expect(rejectOf(record(textOf(512)))).toEqual([]);
  expect(rejectOf(record(textOf(514)))).toEqual([[null, "key"]]);
  expect(rejectOf(record("a", { values: { username: textOf(514), display_name: textOf(300_000) } }))).toEqual([
    ["a", "username"],
  ]);
  expect(rejectOf(record("a", { values: { display_name: textOf(300_000) } }))).toEqual([]);
  expect(rejectOf(record("a", { values: { parent: textOf(514) } }), "orgs")).toEqual([["a", "parent"]]);
  const roles = { field: "roles", links: "user_roles", items: [{ key: "r1", scope: textOf(514) }] } as const;
  expect(rejectOf(record("a", { lists: [roles] }))).toEqual([["a", "roles"]]);
  expect(rejectOf(link("u1", textOf(514)), "user_roles")).toEqual([[null, "role"]]);
  const bad: Mapped = { outcome: "rejected", key: textOf(514), field: "name", code: "MAP020", reason: "is missing" };
  expect(foldPage(ORIGIN, [{}], [bad])).toMatchObject({ keyless: 1, rejects: [{ key: null, field: "key" }] });
});
