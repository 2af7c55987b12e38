import type { Json } from "../../../src/domain/json";
import type { Mapped } from "../../../src/domain/mapping";
import { compileMapping } from "../../../src/mapping/compile-mapping";
import { mappingSpec, type ShortSpec } from "./mapping-spec";

type Rule = NonNullable<ShortSpec["fields"]>[string];

/** Maps a user whose field `name` follows `rule`, from a record whose `x` is `x`. */
async function mapField(name: string, rule: Rule, x: unknown, more: object = {}): Promise<Mapped> {
  const fields = { username: "login", status: '"active"', [name]: rule };
  const mapper = compileMapping(mappingSpec({ fields }), { deletes: null });
  const [mapped] = await mapper.mapPage([{ id: 1, login: "ann", x, ...more }], null);
  return mapped as Mapped;
}

const fieldOf = (mapped: Mapped, name: string) => (mapped.outcome === "record" ? mapped.values[name] : mapped);
const itemsOf = (mapped: Mapped, name: string) =>
  mapped.outcome === "record" ? mapped.lists.find(({ field }) => field === name)?.items : mapped;

describe("the first present source", () => {
  const rule = { from: ["x", "y", "z"] };

  test.each<[unknown, string | null]>([
    ["first", "first"],
    [undefined, "second"],
    [null, "second"],
    ["", "second"],
    [" \t\n", "second"],
    [[], "second"],
    [0, "0"],
    [false, "false"],
  ])("%j gives %j", async (x, expected) => {
    expect(fieldOf(await mapField("title", rule, x, { y: "second", z: "third" }), "title")).toBe(expected);
  });

  test("none present leaves the field absent", async () => {
    expect(fieldOf(await mapField("title", rule, ""), "title")).toBeNull();
  });

  test("join joins what is present, as it stands", async () => {
    const joined = { from: [{ join: ["x", "y", "z"], with: " " }, "id"] };
    expect(fieldOf(await mapField("title", joined, "Ann", { y: " ", z: "Lee" }), "title")).toBe("Ann Lee");
    expect(fieldOf(await mapField("title", joined, null), "title")).toBe("1");
    expect(await mapField("title", joined, ["Ann", "Bo"])).toMatchObject({
      code: "MAP021",
      reason: "`title` is a list, a text is wanted",
    });
  });
});

describe("map, default, required", () => {
  const status = { from: "x", map: { ACTIVE: "active", "1": "locked", true: "active", null_like: null } };

  test.each<[unknown, string]>([
    ["ACTIVE", "active"],
    [1, "locked"],
    [true, "active"],
  ])("%j maps as text to %s", async (x, expected) => {
    expect(fieldOf(await mapField("status", status, x), "status")).toBe(expected);
  });

  test.each([["active"], ["toString"], ["__proto__"], ["ACTIVE "]])("%j is not in the map", async (x) => {
    expect(await mapField("status", status, x)).toEqual({
      outcome: "rejected",
      key: "1",
      field: "status",
      code: "MAP024",
      reason: "`status` has a value that is not in its `map`, which has no `_`",
    });
  });

  test("`_` takes the rest, but not what is absent", async () => {
    const fallback = { ...status, map: { ...status.map, _: "disabled" } };
    expect(fieldOf(await mapField("status", fallback, "ODD"), "status")).toBe("disabled");
    expect(await mapField("status", fallback, null)).toMatchObject({ code: "MAP020", reason: "`status` is missing" });
    expect(fieldOf(await mapField("status", { ...fallback, default: "locked" }, null), "status")).toBe("locked");
  });

  test("what maps to null is absent", async () => {
    expect(fieldOf(await mapField("status", { ...status, default: "locked" }, "null_like"), "status")).toBe("locked");
  });

  test("a required field that is missing", async () => {
    expect(await mapField("title", { from: "x", required: true }, " ")).toEqual({
      outcome: "rejected",
      key: "1",
      field: "title",
      code: "MAP020",
      reason: "`title` is missing",
    });
    expect(await mapField("username", "x", null)).toMatchObject({ code: "MAP020", reason: "`username` is missing" });
    expect(await mapField("roles", { from: "x", required: true }, [])).toMatchObject({ reason: "`roles` is missing" });
  });

  test("invalid: drop leaves the field empty and counts it, unless it is required", async () => {
    for (const x of ["not an address", { deep: true }]) {
      const mapped = await mapField("email", { from: "x", invalid: "drop" }, x);
      expect(mapped).toMatchObject({ values: { email: null }, dropped: ["email"] });
    }
    const required = { from: "x", invalid: "drop", required: true } as const;
    expect(await mapField("email", required, "no address")).toMatchObject({ code: "MAP020" });
  });
});

const instant = "2026-03-01T08:00:00.000Z";

describe.each<[string, [unknown, string | boolean | null][], [unknown, string, string][]]>([
  [
    "display_name",
    [
      ["  kept  ", "  kept  "],
      [12.5, "12.5"],
      [-0, "0"],
      [true, "true"],
      ["💡", "💡"],
      ["x".repeat(300_000), "x".repeat(300_000)],
    ],
    [
      [["one"], "MAP021", "is a list, a text is wanted"],
      [{ first: "Ann" }, "MAP021", "is an object, a text is wanted"],
      [2 ** 53, "MAP027", "is a whole number beyond 2^53, whose last digits are lost"],
      ["a\0b", "MAP026", "holds a NUL character or half of a surrogate pair, which cannot be stored"],
      ["half \ud83d", "MAP026", "holds a NUL character or half of a surrogate pair, which cannot be stored"],
    ],
  ],
  [
    "email",
    [
      [" Ann.Lee@Example.COM ", "Ann.Lee@Example.COM"],
      ["a+b@x.co", "a+b@x.co"],
    ],
    [
      ["ann", "MAP022", "is not an email address"],
      ["a@b@c.de", "MAP022", "is not an email address"],
      [`${"a".repeat(400)}@x.co`, "MAP022", "is not an email address"],
      [["a@x.co"], "MAP021", "is a list, a text is wanted"],
    ],
  ],
  [
    "locale",
    [
      ["de", "de"],
      ["en_GB", "en-GB"],
      ["zh-Hant-TW", "zh-Hant-TW"],
    ],
    [["in English, please", "MAP022", "is not a language tag such as `en-GB`"]],
  ],
  [
    "timezone",
    [
      ["Europe/Berlin", "Europe/Berlin"],
      ["UTC", "UTC"],
    ],
    [
      ["Mars/Olympus", "MAP022", "is not an IANA time zone such as `Europe/Berlin`"],
      ["+01:00", "MAP022", "is not an IANA time zone such as `Europe/Berlin`"],
    ],
  ],
  ["status", [["locked", "locked"]], [["Active", "MAP023", "is none of `active`, `locked`, `disabled`"]]],
  [
    "valid_from",
    [
      ["2026-03-01T08:00:00Z", instant],
      ["2026-03-01 09:00:00+01:00", instant],
      ["2026-03-01T03:30:00.000-0430", instant],
      ["2026-03-01", "2026-03-01T00:00:00.000Z"],
      ["2026-03-01T08:00:00.1239Z", "2026-03-01T08:00:00.123Z"],
      ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
      ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
      ["2024-02-29", "2024-02-29T00:00:00.000Z"],
      [1_772_352_000, instant],
      [1_772_352_000_000, instant],
      [1_772_352_000.25, "2026-03-01T08:00:00.250Z"],
      [0, "1970-01-01T00:00:00.000Z"],
      [-1, "1969-12-31T23:59:59.000Z"],
    ],
    [
      ["soon", "MAP022", "is not a time such as `2026-03-01T08:00:00Z`"],
      ["2026-02-29", "MAP022", "is not a time that exists"],
      ["2026-13-01", "MAP022", "is not a time that exists"],
      ["2026-03-01T24:00:00Z", "MAP022", "is not a time that exists"],
      [
        "2026-03-01T08:00:00",
        "MAP022",
        'is a time without a zone; append one in the mapping, such as `time.($ & "Z")`',
      ],
      ["0000-01-01", "MAP022", "is not a time between the years 1 and 9999"],
      ["0001-01-01T00:00:00+01:00", "MAP022", "is not a time between the years 1 and 9999"],
      [1.7e18, "MAP022", "is not a time between the years 1 and 9999"],
      ["1772352000", "MAP022", "is not a time such as `2026-03-01T08:00:00Z`"],
      [true, "MAP021", "is true or false, a time is wanted"],
      [{}, "MAP021", "is an object, a time is wanted"],
    ],
  ],
])("%s", (name, valid, invalid) => {
  test.each(valid)("%j fits", async (x, expected) => {
    expect(fieldOf(await mapField(name, "x", x), name)).toBe(expected);
  });

  test.each(invalid)("%j does not", async (x, code, problem) => {
    const reason = `\`${name}\` ${problem}`;
    expect(await mapField(name, "x", x)).toEqual({ outcome: "rejected", key: "1", field: name, code, reason });
  });
});

describe("boolean", () => {
  const role = async (x: unknown): Promise<Mapped> => {
    const spec = mappingSpec({ into: "roles", fields: { name: "id", privileged: "x" } });
    const [mapped] = await compileMapping(spec, { deletes: null }).mapPage([{ id: 1, x }], null);
    return mapped as Mapped;
  };

  test.each([
    [true, true],
    [false, false],
    ["true", true],
    [" FALSE ", false],
  ])("%j is %j", async (x, expected) => {
    expect(fieldOf(await role(x), "privileged")).toBe(expected);
  });

  test.each([[1], [0], ["1"], ["yes"], [[true]]])("%j is neither", async (x) => {
    expect(await role(x)).toMatchObject({ outcome: "rejected", field: "privileged" });
  });
});

describe("lists", () => {
  test.each<[string, unknown, [string, string | null][]]>([
    [
      "several",
      ["a", 7],
      [
        ["a", null],
        ["7", null],
      ],
    ],
    ["one, bare", "a", [["a", null]]],
    ["none", undefined, []],
    ["empty", [], []],
    [
      "twice the same",
      ["a", "b", "a"],
      [
        ["a", null],
        ["b", null],
      ],
    ],
    [
      "held within an org",
      [{ role: "a", org: "o" }, { role: "a" }, "b"],
      [
        ["a", "o"],
        ["a", null],
        ["b", null],
      ],
    ],
    ["one object, bare", { role: 1, org: 2 }, [["1", "2"]]],
    ["absent items", ["a", null], [["a", null]]],
  ])("%s", async (_, x, expected) => {
    const items = expected.map(([key, scope]) => ({ key, scope }));
    expect(itemsOf(await mapField("roles", "x", x), "roles")).toEqual(items);
  });

  test.each<[string, unknown, string, string]>([
    ["a blank key", ["a", " "], "MAP025", "`roles` has an item with a key that is blank"],
    [
      "a list within",
      [["a"]],
      "MAP025",
      "`roles` has an item with a key that is a list, a text or a whole number is wanted",
    ],
    [
      "a misspelt org",
      [{ role: "a", organisation: "o" }],
      "MAP021",
      "`roles` has an item with other properties than `role` and `org`",
    ],
    ["no role", [{ org: "o" }], "MAP025", "`roles` has an item with a `role` that is missing"],
    ["a blank org", [{ role: "a", org: "" }], "MAP025", "`roles` has an item with a `org` that is blank"],
  ])("%s rejects, or drops that item alone", async (_, x, code, reason) => {
    expect(await mapField("roles", "x", x)).toEqual({ outcome: "rejected", key: "1", field: "roles", code, reason });
    const dropped = await mapField("roles", { from: "$append(x, ['z'])", invalid: "drop" }, x);
    expect(dropped).toMatchObject({ outcome: "record", dropped: ["roles"] });
    expect(itemsOf(dropped, "roles")).toContainEqual({ key: "z", scope: null });
  });

  test("an org is not told within an org", async () => {
    expect(itemsOf(await mapField("orgs", "x", [{ org: "o" }]), "orgs")).toEqual([{ key: "o", scope: null }]);
    expect(await mapField("orgs", "x", [{ org: "o", role: "r" }])).toMatchObject({ code: "MAP021" });
  });

  test("map and default work item by item", async () => {
    const rule = { from: "x", map: { ADM: "admin", OLD: null }, default: ["guest"] };
    expect(itemsOf(await mapField("roles", rule, ["ADM", "OLD"]), "roles")).toEqual([{ key: "admin", scope: null }]);
    expect(itemsOf(await mapField("roles", rule, null), "roles")).toEqual([{ key: "guest", scope: null }]);
    expect(await mapField("roles", rule, ["ADM", "NEW"])).toMatchObject({ code: "MAP024" });
    expect(itemsOf(await mapField("roles", { ...rule, invalid: "drop" }, ["ADM", "NEW"]), "roles")).toHaveLength(1);
  });

  test("dropping never empties a list whose expression failed", async () => {
    const rule = { from: "$split(x, ',')", invalid: "drop" } as const;
    expect(await mapField("roles", rule, 5)).toMatchObject({ outcome: "rejected", field: "roles", code: "MAP028" });
  });
});

describe("attributes", () => {
  const nested = (levels: number): Json => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);

  async function attribute(rule: Rule, x: unknown): Promise<unknown> {
    const spec = mappingSpec({ fields: { username: "login", status: '"active"' }, attributes: { a: rule } });
    const [mapped] = await compileMapping(spec, { deletes: null }).mapPage([{ id: 1, login: "ann", x }], null);
    return mapped?.outcome === "record" ? mapped.attributes.a : mapped;
  }

  test.each<[string, Rule, unknown, unknown]>([
    ["any JSON as it is", "x", { b: [1, { c: true }], d: " " }, { b: [1, { c: true }], d: " " }],
    ["100 levels", "x", nested(100), nested(100)],
    ["absent", "x", null, undefined],
    ["a number", { from: "x", type: "number" }, "12.50", 12.5],
    ["a list of one", { from: "x", type: "list" }, "a", ["a"]],
    ["a list of none", { from: "x", type: "list" }, undefined, []],
    ["an enum", { from: "x", type: "enum", values: ["a"] }, "a", "a"],
    ["a list that JSONata made", "x.y", [{ y: 1 }, { y: 2 }], [1, 2]],
  ])("%s", async (_, rule, x, expected) => {
    expect(await attribute(rule, x)).toStrictEqual(expected);
  });

  test.each<[string, Rule, unknown, string]>([
    ["102 levels", "x", nested(102), "MAP034"],
    ["NUL within", "x", [{ b: "\0" }], "MAP026"],
    ["half a pair in a name", "x", { "\udc00": 1 }, "MAP026"],
    ["an inexact number within", "x", [2 ** 60], "MAP027"],
    ["no number", { from: "x", type: "number" }, "12px", "MAP022"],
    ["not allowed", { from: "x", type: "enum", values: ["a"] }, "b", "MAP023"],
    ["required", { from: "x", required: true }, "", "MAP020"],
    ["a required list", { from: "x", type: "list", required: true }, [], "MAP020"],
  ])("%s rejects", async (_, rule, x, code) => {
    expect(await attribute(rule, x)).toMatchObject({ outcome: "rejected", field: "attributes.a", code });
  });

  test("an attribute may be called `__proto__`", async () => {
    const mapOf = async (x: unknown): Promise<Mapped> => {
      const attributes = Object.fromEntries([["__proto__", { from: "x", type: "text" }]] as const);
      const spec = mappingSpec({ fields: { username: "login", status: '"active"' }, attributes });
      const [mapped] = await compileMapping(spec, { deletes: null }).mapPage([{ id: 1, login: "ann", x }], null);
      return mapped as Mapped;
    };
    const kept = await mapOf("a");
    expect(JSON.stringify(kept.outcome === "record" && kept.attributes)).toBe('{"__proto__":"a"}');
    const absent = await mapOf(null);
    expect(JSON.stringify(absent.outcome === "record" && absent.attributes)).toBe("{}");
  });
});
