import type { JsonObject } from "../../../../src/domain/json";
import type { Mapped } from "../../../../src/domain/mapping";
import { compileMapping } from "../../../../src/mapping/compile-mapping";
import { compareExpected } from "../../../../src/mapping/mapping-tests/compare-expected";
import { mappingSpec, type ShortSpec } from "../mapping-spec";

const USERS: ShortSpec = {
  fields: {
    username: "login",
    status: { from: "state", default: "active" },
    valid_from: "since",
    title: "title",
    orgs: "orgs",
    roles: "roles",
  },
  attributes: { any: "any", number: { from: "n", type: "number" }, since: { from: "since", type: "timestamp" } },
};
const RECORD = {
  id: 7,
  login: "ada",
  since: "2026-03-01",
  orgs: ["o2", "o1"],
  n: 3,
  roles: [{ role: "r1", org: "o1" }, "r2"],
  any: { a: 1, b: { c: [1, { d: 2 }], e: null } },
};

async function differing(expected: JsonObject, short: ShortSpec = USERS, record: JsonObject = RECORD) {
  const spec = mappingSpec(short);
  const mapper = compileMapping(spec, { deletes: null });
  const [mapped] = await mapper.mapPage([record], { id: "p" });
  await mapper.close();
  if (mapped === undefined) throw new Error("nothing came of the record");
  return compareExpected(spec, expected, mapped).map(({ field }) => field);
}

test.each<[string, JsonObject]>([
  ["nothing at all", {}],
  ["a key as it is stored", { key: "7" }],
  ["a key as it is written", { key: 7 }],
  ["a time that is the same moment", { valid_from: "2026-03-01T01:00:00+01:00" }],
  ["null for what is absent", { title: null, email: null }],
  ["keys of a list in any order", { orgs: ["o1", "o2"] }],
  ["one item bare, where there are more forms", { roles: ["r2", { org: "o1", role: "r1" }] }],
  ["a part of an object", { attributes: { any: { b: { e: null } } } }],
  ["an attribute of a type, as it is written", { attributes: { number: "3", since: "2026-03-01T00:00:00Z" } }],
  ["null for a property that is not there", { attributes: { any: { z: null } } }],
])("%s is what came out", async (_, expected) => expect(await differing(expected)).toEqual([]));

test.each<[JsonObject, string]>([
  [{ key: "8" }, "key"],
  [{ username: "Ada" }, "username"],
  [{ username: null }, "username"],
  [{ username: ["ada"] }, "username"],
  [{ title: "" }, "title"],
  [{ valid_from: "2026-03-02" }, "valid_from"],
  [{ valid_from: "some day" }, "valid_from"],
  [{ orgs: ["o1"] }, "orgs"],
  [{ orgs: [] }, "orgs"],
  [{ orgs: null }, "orgs"],
  [{ roles: ["r1", "r2"] }, "roles"],
  [{ roles: [2 ** 53 + 2, 1.5, "r2"] }, "roles"],
  [{ roles: ["r2", { role: "r1", org: "o1", orgg: "x" }] }, "roles"],
  [{ attributes: { any: { a: 2 } } }, "attributes.any"],
  [{ attributes: { any: { b: { c: [1] } } } }, "attributes.any"],
  [{ attributes: { any: { b: { c: [1, {}] } } } }, "attributes.any"],
  [{ attributes: { none: 1 } }, "attributes.none"],
  [{ attributes: { constructor: {} } }, "attributes.constructor"],
])("%j is not what came out", async (expected, field) => expect(await differing(expected)).toEqual([field]));

test("a link is compared by its ends", async () => {
  const link: ShortSpec = { into: "user_roles", key: null, fields: { user: "id", role: "$parent.id", org: "org" } };
  const record = { id: "u1", org: "o1" };
  expect(await differing({ user: "u1", role: "p", org: "o1" }, link, record)).toEqual([]);
  expect(await differing({ user: "p", role: "u1", org: null }, link, record)).toEqual(["user", "role", "org"]);
});

test("within objects it tells each place that differs", async () => {
  const spec = mappingSpec({
    fields: { username: "login", status: { from: "s", default: "active" } },
    attributes: { any: "any" },
  });
  const mapper = compileMapping(spec, { deletes: null });
  const [mapped] = await mapper.mapPage([RECORD], null);
  await mapper.close();
  const found = compareExpected(spec, { attributes: { any: { a: 2, b: { c: [1], z: 1 } } } }, mapped as Mapped);
  expect(found).toEqual([
    { field: "attributes.any", inside: ["a"], expected: 2, actual: 1 },
    { field: "attributes.any", inside: ["b", "c"], expected: [1], actual: [1, { d: 2 }] },
    { field: "attributes.any", inside: ["b", "z"], expected: 1, actual: null },
  ]);
});
