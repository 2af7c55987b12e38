import type { Increments } from "../../../../src/domain/increments";
import { beginReading, sinceText } from "../../../../src/upstream/pages/begin-reading";
import { jobAt, streamOf } from "../../../support/upstream-job";

const MOMENT = Date.parse("2026-11-22T01:15:00.789Z");

test.each([
  ["rfc3339", "2026-11-22T01:15:00.789Z"],
  ["seconds", "1795310100"],
  ["milliseconds", "1795310100789"],
] as const)("a moment as %s, rounded down", (format, text) => {
  expect(sinceText(MOMENT, format)).toBe(text);
});

test.each([
  ["2026-11-22T01:15:00Z", "2026-11-21"],
  ["2026-11-22T11:59:59Z", "2026-11-21"],
  ["2026-11-22T12:00:00Z", "2026-11-22"],
  ["2026-11-22T23:59:59Z", "2026-11-22"],
  ["2026-03-01T00:30:00Z", "2026-02-28"],
])("%s as a date is %s, which it may still be where the date changes last", (moment, date) => {
  expect(sinceText(Date.parse(moment), "date")).toBe(date);
  const westernmost = new Intl.DateTimeFormat("sv", { timeZone: "Etc/GMT+12" });
  expect(westernmost.format(new Date(moment))).toBe(date);
});

const job = jobAt("https://h.example/v1");
const begin = (increments: Increments, changes: Parameters<typeof beginReading>[1]["changes"]) => {
  const stream = streamOf(null, "/users", { increments, request: { path: "/users", query: { view: "all" } } });
  return beginReading(job, { stream, parent: null, run: 1, changes }, ["api_key"]);
};
const delta = { kind: "delta", link: ["next"], removed: null, removedAt: null, expired: [410], full: null } as const;

test("what changed is asked for beside what is always asked, everything without it", () => {
  const since: Increments = {
    kind: "since",
    field: null,
    query: { filter: 'at ge "{since}"', view: "changed" },
    format: "rfc3339",
    overlap: 0,
    full: null,
  };
  const { target } = begin(since, { kind: "since", since: MOMENT, former: MOMENT });
  expect(target.url.href).toBe(
    "https://h.example/v1/users?view=changed&filter=at%20ge%20%222026-11-22T01%3A15%3A00.789Z%22",
  );
  expect(target.shown).toBe("https://h.example/v1/users");
  expect(begin(since, null).target.url.href).toBe("https://h.example/v1/users?view=all");
});

test("a link is asked as it is, without credentials in it, and is never shown", () => {
  const link = "https://h.example/v1/users/delta?token=s3cret&api_key=k";
  const { target, isWhole, expired } = begin({ ...delta, as: null }, { kind: "delta", link, run: 1 });
  expect({ href: target.url.href, isWhole, expired }).toEqual({
    href: "https://h.example/v1/users/delta?token=s3cret",
    isWhole: true,
    expired: [410],
  });
  expect(target.shown).not.toContain("s3cret");
});

test("a token is a parameter of the list", () => {
  const { target, isWhole } = begin({ ...delta, as: "syncToken" }, { kind: "delta", link: "a&b", run: 1 });
  expect(target.url.href).toBe("https://h.example/v1/users?view=all&syncToken=a%26b");
  expect(isWhole).toBe(false);
});
