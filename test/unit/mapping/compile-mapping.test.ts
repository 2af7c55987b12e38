import { setImmediate as nextTurn } from "node:timers/promises";
import type { JsonObject } from "../../../src/domain/json";
import type { Mapped } from "../../../src/domain/mapping";
import { compileMapping } from "../../../src/mapping/compile-mapping";
import { mappingSpec, type ShortSpec } from "./mapping-spec";

const FIELDS = { username: "login", status: { from: "status", default: "active" } };

async function mapOne(short: ShortSpec, record: unknown, extra: { deletes?: string; parent?: JsonObject } = {}) {
  const mapper = compileMapping(mappingSpec(short), { deletes: extra.deletes ?? null });
  const [mapped] = await mapper.mapPage([record], extra.parent ?? null);
  return mapped as Mapped;
}

describe("the key", () => {
  const spec = { fields: FIELDS };
  const long = "k".repeat(1025);

  test.each([
    ["a text, kept to the letter", " Ü1 ", " Ü1 "],
    ["a whole number", 42, "42"],
    ["the largest exact number", Number.MAX_SAFE_INTEGER, "9007199254740991"],
    ["a text of 1,024 characters", "k".repeat(1024), "k".repeat(1024)],
  ])("%s is a key", async (_, id, key) => {
    expect(await mapOne(spec, { id, login: "ann" })).toMatchObject({ outcome: "record", key });
  });

  test.each([
    ["absent", undefined, "MAP025", "`key` is missing"],
    ["null", null, "MAP025", "`key` is missing"],
    ["blank", "  ", "MAP025", "`key` is blank"],
    ["a fraction", 1.5, "MAP025", "`key` is a number with a fraction, a text or a whole number is wanted"],
    ["true", true, "MAP025", "`key` is true or false, a text or a whole number is wanted"],
    ["a list", ["a"], "MAP025", "`key` is a list, a text or a whole number is wanted"],
    ["too long", long, "MAP025", "`key` is longer than 1024 characters"],
    ["a number beyond 2^53", 2 ** 53 + 2, "MAP027", "`key` is a whole number beyond 2^53, whose last digits are lost"],
    ["with NUL", "a\0", "MAP026", "`key` holds a NUL character or half of a surrogate pair, which cannot be stored"],
  ])("%s is no key", async (_, id, code, reason) => {
    const mapped = await mapOne(spec, { id, login: "ann" });
    expect(mapped).toEqual({ outcome: "rejected", key: null, field: "key", code, reason });
  });
});

describe("records that are left out", () => {
  const spec = { skip: 'state = "draft"', fields: FIELDS };

  test("skip, also without a key", async () => {
    expect(await mapOne(spec, { id: "1", state: "draft" })).toEqual({ outcome: "skipped", key: "1", because: "skip" });
    expect(await mapOne(spec, { state: "draft" })).toEqual({ outcome: "skipped", key: null, because: "skip" });
  });

  test("the job's deletes, before skip, but never without a key", async () => {
    const deletes = "gone";
    expect(await mapOne(spec, { id: 1, gone: true, state: "draft" }, { deletes })).toEqual({
      outcome: "skipped",
      key: "1",
      because: "deleted",
    });
    expect(await mapOne(spec, { gone: true }, { deletes })).toMatchObject({ outcome: "rejected", field: "key" });
  });

  test.each([
    ["a text", "false"],
    ["a number", 1],
    ["a list", [true]],
    ["an object", { is: true }],
  ])("%s is neither true nor false", async (kind, gone) => {
    expect(await mapOne(spec, { id: 1, login: "ann", gone }, { deletes: "gone" })).toEqual({
      outcome: "rejected",
      key: "1",
      field: "deletes",
      code: "MAP036",
      reason: `\`deletes\` gave ${kind}, not true or false; compare it, as in \`gone = "true"\``,
    });
    expect(await mapOne({ ...spec, skip: "gone" }, { id: 1, gone })).toMatchObject({ code: "MAP036", field: "skip" });
  });

  test("false, null and absent leave nothing out", async () => {
    for (const gone of [false, null, undefined]) {
      expect(await mapOne(spec, { id: 1, login: "ann", gone }, { deletes: "gone" })).toMatchObject({
        outcome: "record",
      });
    }
  });
});

describe("the record", () => {
  test.each([
    [null, "missing"],
    [[{ id: 1 }], "a list"],
    ["text", "a text"],
    [7, "a number"],
    [undefined, "missing"],
  ])("%j is not a record", async (record, kind) => {
    expect(await mapOne({ fields: FIELDS }, record)).toEqual({
      outcome: "rejected",
      key: null,
      field: null,
      code: "MAP035",
      reason: `the record is ${kind}, not an object`,
    });
  });

  test("200,000 levels are rejected and spoil nothing else", async () => {
    const deep = JSON.parse(`${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`);
    const mapper = compileMapping(mappingSpec({ fields: FIELDS }), { deletes: null });
    const mapped = await mapper.mapPage(
      [
        { id: 1, login: "a", deep },
        { id: 2, login: "b" },
      ],
      null,
    );
    expect(mapped).toMatchObject([
      { outcome: "rejected", code: "MAP034" },
      { outcome: "record", key: "2" },
    ]);
  });

  test("property names that JSONata would take for a program are refused", async () => {
    const record = { id: 1, login: "ann", x: [{ _jsonata_lambda: true, body: {} }] };
    expect(await mapOne({ fields: FIELDS }, record)).toMatchObject({ outcome: "rejected", code: "MAP033" });
  });

  test("names of prototypes are plain data", async () => {
    const record = JSON.parse(
      '{"id":1,"login":"a","gone":null,"x":{"__proto__":{"admin":true},"constructor":"c","n":null}}',
    );
    const mapped = await mapOne(
      { fields: FIELDS, attributes: { x: "x", admin: "x.admin", c: "x.constructor" } },
      record,
    );
    expect(mapped).toMatchObject({ outcome: "record", attributes: { c: "c" } });
    expect(JSON.stringify("attributes" in mapped && mapped.attributes)).toBe(
      '{"x":{"__proto__":{"admin":true},"constructor":"c"},"c":"c"}',
    );
    expect(Object.prototype).not.toHaveProperty("admin");
  });

  test("nulls read as absent, and the record given is left as it was", async () => {
    const record = { id: 1, login: "ann", mail: null, tags: ["a", null], deep: { x: null, y: [{ z: null }] } };
    const copy = structuredClone(record);
    const spec = {
      fields: { ...FIELDS, email: "$lowercase(mail)" },
      attributes: { tags: "tags", deep: "deep", none: "deep.x" },
    };
    expect(await mapOne(spec, record)).toMatchObject({
      values: { email: null },
      attributes: { tags: ["a"], deep: { y: [{}] } },
    });
    expect(record).toEqual(copy);
  });

  test("nulls: keep hands them to the expressions", async () => {
    const spec = { keepNulls: true, fields: FIELDS, attributes: { tags: "tags", none: "none" } };
    const mapped = await mapOne(spec, { id: 1, login: "ann", tags: ["a", null], none: null });
    expect(mapped).toMatchObject({ attributes: { tags: ["a", null] } });
    expect("attributes" in mapped && Object.keys(mapped.attributes)).toEqual(["tags"]);
    const failing = { keepNulls: true, fields: { ...FIELDS, email: "$lowercase(none)" } };
    expect(await mapOne(failing, { id: 1, login: "ann", none: null })).toMatchObject({
      code: "MAP028",
      field: "email",
    });
  });
});

describe("the status of a person whose record is rejected", () => {
  const rejectedAs = async (record: object, short: ShortSpec = { fields: FIELDS }): Promise<unknown> => {
    const mapped = await mapOne(short, { id: 1, ...record });
    return mapped.outcome === "rejected" ? (mapped.inactive ?? "not told") : mapped.outcome;
  };

  test.each([
    ["locked", { status: "locked" }, "locked"],
    ["disabled, with more that is wrong", { login: ["a", "b"], status: "disabled" }, "disabled"],
    ["active", { status: "active" }, "not told"],
    ["the default", {}, "not told"],
    ["none of the three", { status: "gone" }, "not told"],
    ["of another kind", { status: { is: "disabled" } }, "not told"],
    ["of somebody without a key", { id: null, status: "disabled" }, "not told"],
  ])("%s", async (_, record, told) => {
    expect(await rejectedAs(record)).toBe(told);
  });

  test("is told where the mapping makes it, and of nobody but people", async () => {
    const fields = { ...FIELDS, status: { from: "on", map: { true: "active", _: "disabled" } } };
    expect(await rejectedAs({ on: false }, { fields })).toBe("disabled");
    const roles: ShortSpec = { into: "roles", fields: { name: "name" }, attributes: { status: "status" } };
    expect(await rejectedAs({ name: [1], status: "disabled" }, roles)).toBe("not told");
  });
});

describe("expressions", () => {
  test("let, each using those before it, and $parent", async () => {
    const spec = {
      let: { raw: "profile.login", login: "$lowercase($trim($raw))" },
      fields: {
        username: "$login",
        status: { from: '"active"' },
        title: '$parent.id & "/" & $login',
        phone: "$parent.tel",
      },
    };
    expect(await mapOne(spec, { id: 1, profile: { login: " ANN " } }, { parent: { id: "p", tel: "5" } })).toMatchObject(
      {
        values: { username: "ann", title: "p/ann", phone: "5" },
      },
    );
  });

  test("a let nobody needs is not evaluated", async () => {
    const spec = { let: { bad: '$error("no")' }, fields: { ...FIELDS, title: "vip ? $bad : login" } };
    expect(await mapOne({ ...spec, fields: FIELDS }, { id: 1, login: "ann" })).toMatchObject({ outcome: "record" });
    expect(await mapOne(spec, { id: 1, login: "ann" })).toMatchObject({ field: "title", code: "MAP028" });
  });

  test.each([
    [
      "$lowercase(x)",
      { x: { secret: 1 } },
      "`title` cannot be computed: `$lowercase` was given a value of a kind it does not take (JSONata T0410)",
    ],
    ["x + 1", { x: "secret" }, "`title` cannot be computed: the left side of `+` is not a number (JSONata T2001)"],
    [
      "x < 1",
      { x: "secret" },
      "`title` cannot be computed: the two sides of `<` are of different kinds (JSONata T2009)",
    ],
    [
      "$number(x)",
      { x: "secret" },
      "`title` cannot be computed: `$number` was given something that is not a number (JSONata D3030)",
    ],
    [
      "$toMillis(x)",
      { x: "secret" },
      "`title` cannot be computed: `$toMillis` was given something that is not a time (JSONata D3110)",
    ],
    [
      "$error(x)",
      { x: "secret" },
      "`title` cannot be computed: the mapping's `$error` refused the record (JSONata D3137)",
    ],
    [
      "($f := function($n) { $f($n + 1) + 1 }; $f(1))",
      {},
      "`title` cannot be computed: it calls itself too deeply (JSONata D1011)",
    ],
    [
      "$string($toMillis('10:30', secret))",
      { secret: "[H01]:[m01]" },
      "`title` cannot be computed: the picture of `$toMillis` does not tell the whole of a time (JSONata D3136)",
    ],
    // In this process instead of the other.
    [
      "$string($toMillis('10:30', '[H01]:[m01]'))",
      {},
      "`title` cannot be computed: the picture of `$toMillis` does not tell the whole of a time (JSONata D3136)",
    ],
    ...[
      "$replace('banana', secret, function($m) { 'x' })",
      "$replace('banana', secret, $uppercase)",
      "$replace(?, secret, $uppercase)('banana')",
      "(function($x) { $replace('banana', $x, function($m) { 'x' }) })(secret)",
    ].map((text): [string, object, string] => [
      text,
      { secret: "a" },
      "`title` cannot be computed: `$replace` was given a value of a kind it does not take (JSONata T0410)",
    ]),
    [
      "(function($x) { $formatNumber(-1, '#', { 'minus-sign': $x }) })($uppercase)",
      {},
      "`title` cannot be computed: `$formatNumber` was given a value of a kind it does not take (JSONata T0410)",
    ],
    ["$string(1/0)", {}, "`title` cannot be computed: a number is out of range (JSONata D3001)"],
  ])("%s fails without telling the value", async (title, record, reason) => {
    const mapped = await mapOne({ fields: { ...FIELDS, title } }, { id: 1, login: "ann", ...record });
    expect(mapped).toEqual({ outcome: "rejected", key: "1", field: "title", code: "MAP028", reason });
    expect(JSON.stringify(mapped)).not.toContain("secret");
  });

  test.each([
    ["function($x) { $x }", "MAP029", "`attributes.a` is a function, not JSON"],
    ["$uppercase", "MAP029", "`attributes.a` is a function, not JSON"],
    ["[1, $uppercase]", "MAP029", "`attributes.a` is a function, not JSON"],
  ])("%s is not JSON", async (a, code, reason) => {
    const mapped = await mapOne({ fields: FIELDS, attributes: { a } }, { id: 1, login: "ann" });
    expect(mapped).toEqual({ outcome: "rejected", key: "1", field: "attributes.a", code, reason });
  });
});

test("dates that a picture of the record's own tells whole are read", async () => {
  const dates = [
    "$toMillis('2026-03', p) & ''",
    "('2026-03' ~> $toMillis(p)) & ''",
    "($of := $toMillis(?, p); $of('2026-03') & '')",
    "$map(['2026-03'], function($x) { $toMillis($x, p) }) & ''",
  ];
  for (const title of dates) {
    const mapped = await mapOne({ fields: { ...FIELDS, title } }, { id: 1, login: "ann", p: "[Y0001]-[M01]" });
    expect(mapped).toMatchObject({ outcome: "record", values: { title: "1772323200000" } });
  }
});

describe("links", () => {
  const spec = {
    into: "user_roles" as const,
    key: null,
    fields: { user: { from: "id", required: true }, role: "$parent.id", org: "org" },
  };

  test("two ends and a scope", async () => {
    expect(await mapOne(spec, { id: 7, org: "o1" }, { parent: { id: "r1" } })).toEqual({
      outcome: "link",
      links: "user_roles",
      left: "7",
      right: "r1",
      scope: "o1",
    });
    expect(await mapOne(spec, { id: 7 }, { parent: { id: "r1" } })).toMatchObject({ outcome: "link", scope: null });
  });

  test("an end that is missing rejects", async () => {
    expect(await mapOne(spec, { id: 7 })).toEqual({
      outcome: "rejected",
      key: null,
      field: "role",
      code: "MAP020",
      reason: "`role` is missing",
    });
  });
});

test("a page keeps its order and lets timers run", async () => {
  const spec = mappingSpec({ fields: { ...FIELDS, title: '$uppercase(login) & "!"' } });
  const mapper = compileMapping(spec, { deletes: null });
  const records = Array.from({ length: 4_000 }, (_, id) => ({ id, login: `u${id}` }));
  let turns = 0;
  let running = true;
  const counting = (async () => {
    for (; running; turns += 1) await nextTurn();
  })();
  const mapped = await mapper.mapPage(records, null);
  running = false;
  await counting;
  expect(mapped.map((each) => "key" in each && each.key)).toEqual(records.map(({ id }) => String(id)));
  expect(turns).toBeGreaterThan(2);
});
