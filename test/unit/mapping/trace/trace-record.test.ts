import { type FieldTrace, leavingOut } from "../../../../src/domain/trace";
import { traceRecord } from "../../../../src/mapping/trace/trace-record";
import { mappingSpec, type ShortSpec } from "../mapping-spec";

const SPEC: ShortSpec = {
  skip: 'state = "STAGED"',
  let: { login: "$lowercase(profile.login)" },
  fields: {
    username: { from: ["$login", "id"], required: true },
    status: { from: "state", map: { ON: "active", STAGED: "active", _: "disabled" } },
    email: { from: "profile.email", invalid: "drop" },
    display_name: { from: ["profile.name", { join: ["given", "family"], with: " " }] },
    title: { from: "title", default: "none" },
    roles: { from: 'roles[kind = "a"].id' },
  },
  attributes: { cost: { from: "cost", type: "number" } },
};

const GOOD = { id: "u1", state: "ON", profile: { login: "ADA" }, roles: [{ id: "r1", kind: "a" }, { id: "r2" }] };

const trace = (record: unknown, spec = SPEC, deletes: string | null = null) =>
  traceRecord(mappingSpec(spec), { deletes }, record, { id: "p1" });

async function fieldOf(label: string, record: unknown, spec = SPEC): Promise<FieldTrace> {
  const { decisions, fields } = await trace(record, spec);
  const found = [...decisions, ...fields].find(({ field }) => field === label);
  if (found === undefined) throw new Error(`no trace of ${label}`);
  return found;
}

test("a field's sources, up to the one that was there, with what they read", async () => {
  const { sources, outcome, value } = await fieldOf("username", GOOD);
  expect({ outcome, value }).toEqual({ outcome: "value", value: "ada" });
  expect(sources).toEqual([
    expect.objectContaining({
      expression: "$login",
      reached: true,
      present: true,
      value: "ada",
      problem: null,
      reads: [{ path: "profile.login", found: true, value: "ADA" }],
    }),
    expect.objectContaining({ expression: "id", reached: false }),
  ]);
});

test.each<[string, string, object, Partial<FieldTrace>]>([
  ["a map's entry", "status", {}, { value: "active", mapped: { from: "ON", to: "active", by: "entry" } }],
  [
    "a map's fallback",
    "status",
    { state: 7 },
    { value: "disabled", mapped: { from: "7", to: "disabled", by: "fallback" } },
  ],
  ["a default", "title", {}, { outcome: "default", value: "none", mapped: null }],
  ["a default for what is blank", "title", { title: "  " }, { outcome: "default", value: "none" }],
  ["nothing", "display_name", {}, { outcome: "absent", value: null }],
  ["a join", "display_name", { family: "Weber" }, { outcome: "value", value: "Weber" }],
  ["links", "roles", {}, { outcome: "value", value: ["r1"] }],
  ["no links", "roles", { roles: [] }, { outcome: "absent", value: [] }],
  ["the key", "key", { id: 7 }, { outcome: "value", value: "7" }],
])("%s", async (_, label, parts, expected) => {
  expect(await fieldOf(label, { ...GOOD, ...parts })).toMatchObject(expected);
});

test("what is not there is told from null and from a list of one", async () => {
  const { sources } = await fieldOf("roles", { ...GOOD, roles: [{ id: null, kind: "b" }] });
  expect(sources[0]?.reads).toEqual([
    { path: "roles.kind", found: true, value: ["b"] },
    { path: "roles.id", found: true, value: [null] },
  ]);
  expect((await fieldOf("title", GOOD)).sources[0]?.reads).toEqual([{ path: "title", found: false, value: null }]);
});

test("what a change feed calls removed is left out, be there nothing else or something", async () => {
  const options = { deletes: 'state = "OFF"', removed: ["@removed", "why"] };
  const removedOf = async (record: object) => {
    const traced = await traceRecord(mappingSpec(SPEC), options, record, null);
    const decision = traced.decisions.find(({ field }) => field === "removed");
    return [leavingOut(traced), decision?.value, decision?.sources[0]?.reads[0]?.path];
  };
  const path = "`@removed`.why";
  expect(await removedOf({ id: "u1", "@removed": { why: "left" } })).toEqual(["removed", true, path]);
  expect(await removedOf({ ...GOOD, "@removed": { why: "left" } })).toEqual(["removed", true, path]);
  expect(await removedOf({ ...GOOD, state: "OFF", "@removed": { why: " 0 " } })).toEqual(["deletes", false, path]);
  expect(await removedOf({ ...GOOD, "@removed": "left" })).toEqual([null, false, path]);
});

test("a value that is dropped says why", async () => {
  expect(await fieldOf("email", { ...GOOD, profile: { login: "A", email: "nobody" } })).toMatchObject({
    outcome: "dropped",
    value: null,
    problem: { code: "MAP022", reason: "`email` is not an email address" },
  });
});

test("a rejected record tells everything that does not fit, not only the first", async () => {
  const { result, decisions, fields } = await trace({ state: "ON", cost: "much", title: "x" });
  expect(result).toMatchObject({ outcome: "rejected", field: "key" });
  const rejected = [...decisions, ...fields].filter(({ outcome }) => outcome === "rejected");
  expect(rejected.map(({ field, problem }) => [field, problem?.code])).toEqual([
    ["key", "MAP025"],
    ["username", "MAP020"],
    ["attributes.cost", "MAP022"],
  ]);
  expect(fields.find(({ field }) => field === "title")).toMatchObject({ outcome: "value", value: "x" });
});

test("an expression that fails says so where it stands, and ends the search", async () => {
  const spec: ShortSpec = {
    fields: { username: { from: ["$lowercase(login)", "id"] }, status: { from: "s", default: "active" } },
  };
  const { sources, outcome } = await fieldOf("username", { id: "u1", login: 7 }, spec);
  expect(outcome).toBe("rejected");
  expect(sources[0]).toMatchObject({ reached: true, problem: { code: "MAP028" } });
  expect(sources[1]).toMatchObject({ reached: false });
});

test.each([
  ["skip", { ...GOOD, state: "STAGED" }, null, "skip"],
  ["deletes", GOOD, "profile.login = 'ADA'", "deleted"],
])("%s leaves the record out, and its fields with it", async (label, record, deletes, because) => {
  const { result, decisions, fields } = await trace(record, SPEC, deletes);
  expect(result).toMatchObject({ outcome: "skipped", because });
  expect(decisions.find(({ field }) => field === label)).toMatchObject({ value: true });
  expect(fields).toEqual([]);
});

test.each([["text"], [null], [[]], [7], [undefined]])("%j is no record, and has no fields", async (record) => {
  expect(await trace(record)).toMatchObject({
    result: { outcome: "rejected", field: null },
    decisions: [],
    fields: [],
  });
});

test("a record's names are names, whatever they are called", async () => {
  const record = JSON.parse('{"id":"u1","login":"a","state":"ON","__proto__":{"x":1},"constructor":"c"}');
  const spec: ShortSpec = {
    fields: { username: "login", status: { from: "s", default: "active" } },
    attributes: { __proto: "`__proto__`.x", constructor: "constructor", toString: "toString" },
  };
  const { fields } = await trace(record, spec);
  const read = fields.flatMap(({ field, sources, value }) => [[field, value, sources[0]?.reads[0]?.found]]);
  expect(read.slice(2)).toEqual([
    ["attributes.__proto", 1, true],
    ["attributes.constructor", "c", true],
    ["attributes.toString", null, false],
  ]);
});

test("a link's ends, from the record and from its parent", async () => {
  const spec: ShortSpec = { into: "user_roles", key: null, fields: { user: "id", role: "$parent.id" } };
  expect(await fieldOf("role", { id: "u1" }, spec)).toMatchObject({
    value: "p1",
    sources: [{ reads: [{ path: "$parent.id", found: true, value: "p1" }] }],
  });
});
