import type { Json, JsonObject } from "../../../../src/domain/json";
import type { MappingTest } from "../../../../src/domain/mapping";
import { runTests } from "../../../../src/mapping/mapping-tests/run-tests";
import { mappingSpec, type ShortSpec } from "../mapping-spec";

const AT = { file: "mappings/acme/users.yaml", line: 1, column: 1 };
const SPEC: ShortSpec = {
  skip: "staged",
  let: { login: "kind = 'x' ? a : b" },
  fields: {
    username: { from: ["$login", "id"] },
    status: { from: "state", map: { ON: "active", OFF: "locked", _: "disabled" } },
    title: { from: "title", default: "none" },
    email: "email",
  },
};
const GOOD = { id: "u1", state: "ON" };

type Example = Omit<MappingTest, "it" | "at">;

const run = (examples: readonly Example[], short = SPEC, deletes: string | null = null) =>
  runTests(
    { ...mappingSpec(short), tests: examples.map((example, index) => ({ ...example, it: `${index}`, at: AT })) },
    { deletes },
  );

async function judged(example: Example, deletes: string | null = null) {
  const [test] = (await run([example], SPEC, deletes)).tests;
  if (test === undefined) throw new Error("no result");
  return test;
}

test.each<[string, Example]>([
  ["expect", { given: GOOD, expect: { username: "u1", status: "active" } }],
  ["rejects any", { given: {}, rejects: true }],
  ["rejects a field", { given: { id: "u1", state: "ON", email: "x" }, rejects: "email" }],
  ["skips", { given: { staged: true }, skips: true }],
  ["skips not", { given: GOOD, skips: false }],
])("%s holds", async (_, example) => expect(await judged(example)).toMatchObject({ passed: true, differences: [] }));

test.each<[string, Example, Json, Json, string | null]>([
  ["another value", { given: GOOD, expect: { title: "x" } }, "x", "none", "title"],
  ["a reject for another field", { given: {}, rejects: "email" }, "rejected for `email`", "rejected for `key`", "key"],
  ["a reject instead of a record", { given: {}, expect: {} }, "mapped", "rejected for `key`", "key"],
  ["a record instead of a reject", { given: GOOD, rejects: "email" }, "rejected for `email`", "mapped", "email"],
  ["a record instead of any reject", { given: GOOD, rejects: true }, "rejected", "mapped", "skip"],
  ["a record that is not left out", { given: GOOD, skips: true }, "left out", "mapped", "skip"],
  ["one that is", { given: { ...GOOD, staged: true }, skips: false }, "not left out", "left out", "skip"],
  ["one that is, instead of a record", { given: { ...GOOD, staged: true }, expect: {} }, "mapped", "left out", "skip"],
])("%s fails, with the trace of what decided", async (_, example, expected, actual, field) => {
  const { passed, differences } = await judged(example);
  expect(passed).toBe(false);
  expect(differences).toEqual([expect.objectContaining({ expected, actual })]);
  expect(differences[0]?.trace?.field ?? null).toBe(field);
});

test("the job's `deletes` leaves out too", async () => {
  const test = await judged({ given: { ...GOOD, gone: true }, skips: true }, "gone");
  expect(test).toMatchObject({ passed: true, outcome: "skipped", because: "the job's `deletes` is true" });
});

describe("what no test reaches", () => {
  const unreached = async (...records: readonly JsonObject[]) =>
    (await run(records.map((given) => ({ given, skips: false })))).unreached.map(
      ({ field, message }) => `${field}: ${message}`,
    );

  test("is everything that the only test leaves out", async () => {
    expect(await unreached(GOOD)).toEqual([
      "skip: it is true for no test",
      "let: `kind = 'x' ? a : b`: its condition is never true",
      "username: `$login` gives nothing in any test",
      "status: no test meets `OFF` of its `map`",
      "status: no test meets `_` of its `map`",
      "title: `title` gives nothing in any test",
      "email: no test fills it",
    ]);
  });

  test("is nothing when the tests go every way", async () => {
    const all = [
      { ...GOOD, kind: "x", a: "A", title: "t", email: "a@example.com" },
      { ...GOOD, state: "OFF", b: "B" },
      { ...GOOD, state: "?" },
      { staged: true },
    ];
    expect(await unreached(...all)).toEqual([]);
  });

  test("tells a source that is never asked from one that gives nothing", async () => {
    expect(await unreached({ ...GOOD, b: "B" })).toContain(
      "username: `id` is never asked: one before it is always there",
    );
  });

  test("nothing is said of a mapping without tests", async () => expect(await unreached()).toEqual([]));

  test("of several conditions it says which, and of one inside another too", async () => {
    const short: ShortSpec = {
      fields: { username: "a ? (b ? 'x' : 'y') : 'z'", status: { from: "s", default: "active" } },
    };
    const { unreached: found } = await run([{ given: { id: "1", a: true }, expect: {} }], short);
    expect(found.filter(({ field }) => field === "username").map(({ message }) => message)).toEqual([
      expect.stringContaining("condition 1 of 2 is never false"),
      expect.stringContaining("condition 2 of 2 is never true"),
    ]);
  });
});

test("conditions beside a regular expression are not looked at: only the engine is safe from one that never ends", async () => {
  const short: ShortSpec = {
    let: { odd: "$contains(login, /^(a+)+$/)" },
    fields: { username: "$odd ? 'x' : login", status: { from: "s", default: "active" } },
  };
  const given = { id: "1", login: `${"a".repeat(40)}!` };
  const { unreached, tests } = await run(
    [
      { given, rejects: true },
      { given: { id: "1", login: "aa" }, expect: {} },
    ],
    short,
  );
  expect(tests.map(({ it }) => it)).toEqual(["0", "1"]);
  expect(unreached.filter(({ message }) => message.includes("condition"))).toEqual([]);
}, 20_000);
