import { partToldBy } from "../../../../src/upstream/pages/content-range";

const told = (range: string | null, before: number, length: number, status = 200) =>
  partToldBy({ status, headers: range === null ? {} : { "content-range": range } }, before, length);

test.each([
  ["items 0-8/9", 0, 9],
  ["0-8/9", 0, 9],
  ["items 1-9/9", 0, 9],
  ["items 50-56/57", 50, 7],
  ["items 51-57/57", 50, 7],
  ["bytes 0-812/813", 0, 9],
  ["items */9", 4, 5],
  ["items 0-8/*", 0, 9],
  ["nonsense", 0, 9],
])("%s, after %i records and with %i more, is the end", (range, before, length) => {
  expect(told(range, before, length)).toBeNull();
});

test.each([
  ["items 2-8/9", 0, 7, "7 of 9"],
  ["items 1-5/6", 0, 5, "5 of 6"],
  ["items 0-6/9", 0, 7, "7 of 9"],
  ["items 60-66/67", 50, 7, "57 of 67"],
  ["items 0-49/57", 50, 50, "50 of 57"],
  ["items */9", 4, 4, "8 of 9"],
])("%s, after %i records and with %i more, is a part", (range, before, length, parts) => {
  expect(told(range, before, length)).toBe(`a part of its list (\`Content-Range\`: ${parts})`);
});

test("a part that does not say which is one", () => {
  expect(told(null, 0, 9, 206)).toBe("a part of its list (status 206)");
  expect(told("items 0-8/*", 0, 9, 206)).toBe("a part of its list (status 206)");
  expect(told(null, 0, 9)).toBeNull();
});
