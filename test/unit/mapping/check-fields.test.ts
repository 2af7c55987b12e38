/** What `check` says of a field that its expression cannot fill, or not always. */
import type { Shapes } from "../../../src/mapping/check-paths/check-paths";
import type { ShortSpec } from "./mapping-spec";
import { SHAPES, told } from "./told-of-paths";

describe("fields", () => {
  const field = (name: string, rule: NonNullable<ShortSpec["fields"]>[string], more: ShortSpec = {}) =>
    told({ ...more, fields: { [name]: rule } });

  test.each<[string, NonNullable<ShortSpec["fields"]>[string]]>([
    ["title", "login"],
    ["title", "level"],
    ["title", "(groups.id)[0]"],
    ["title", "groups^(>id)[0].id"],
    ["title", "groups.owner^(login)[0].login"],
    ["title", "groups^(id)[type = 'org'][0].id"],
    ["title", "groups[type = 'org'].id"],
    ["title", "$distinct(groups.id[])"],
    ["title", "groups[0].id"],
    ["title", "emails[primary = true].value"],
    ["title", "custom.anything"],
    ["roles", "groups.id"],
    ["roles", "groups.{ 'role': id, 'org': type }"],
    ["roles", "login"],
    ["status", { from: "status", map: { ACTIVE: "active", _: "disabled" } }],
    ["status", { from: "status", map: { ACTIVE: "active", SUSPENDED: "locked", ENDED: "disabled" } }],
    ["status", { from: "active", map: { true: "active", false: "disabled" } }],
    ["roles", "$map(groups, function($g) { $string($g.id) })"],
    ["username", { from: ["nick", "login"], required: true }],
    ["username", { from: "nick", required: true, default: "none" }],
    ["username", { from: [{ join: ["nick", "login"], with: " " }], required: true }],
    ["username", { from: "$parent.name", required: true }],
  ])("%s may be %j", (name, rule) => {
    expect(field(name, rule)).toEqual([]);
  });

  test.each<[string, NonNullable<ShortSpec["fields"]>[string], string]>([
    ["title", "groups", "MAP048 0+6 `title` takes a text, but this is a list → pick one, such as `groups[0]`"],
    [
      "title",
      "groups^(id).id",
      "warning MAP048 0+14 `title` takes a text, but this is a list as soon as there are two: those records are rejected → pick one, such as `(groups^(id).id)[0]`, or `$join` them",
    ],
    [
      "title",
      "groups.id",
      "warning MAP048 0+9 `title` takes a text, but this is a list as soon as there are two: those records are rejected → pick one, such as `(groups.id)[0]`, or `$join` them",
    ],
    [
      "title",
      "groups[0].tags",
      "MAP048 0+14 `title` takes a text, but this is a list → pick one, such as `(groups[0].tags)[0]`, or `$join` them",
    ],
    ["title", "profile", "MAP058 0+7 `title` takes a text, but this is an object → name a property of it"],
    ["changed_at", "active", "MAP058 0+6 `changed_at` takes a time, but this is true or false"],
    [
      "roles",
      "groups.owner",
      "MAP058 0+12 `roles` takes keys of roles, but these are objects → name a property of it: `groups.owner.id`",
    ],
    [
      "orgs",
      "groups",
      "MAP058 0+6 `orgs` takes keys of orgs, but these are objects → name a property of it: `groups.id`",
    ],
    ["orgs", "active", "MAP058 0+6 `orgs` takes keys of orgs, but these are each true or false"],
    [
      "username",
      { from: "nick ?? profile.firstName", required: true },
      expect.stringContaining("MAP049 0+25 `username` is required, but this may be absent"),
    ],
    [
      "username",
      { from: "nick", required: true },
      "warning MAP049 0+4 `username` is required, but this may be absent: such records are rejected → add a source that is always there, or a `default`",
    ],
    [
      "status",
      { from: "status", map: { ACTIVE: "active", SUSPENDED: "locked" } },
      "MAP050 0+6 `ENDED` of the API is not in its `map`: such records are rejected → add it, or `_: …` for all others",
    ],
    [
      "status",
      "status",
      "MAP050 0+6 `ACTIVE`, `SUSPENDED` and `ENDED` of the API are none that `status` takes: such records are rejected → translate them with `map`",
    ],
    [
      "status",
      "'actve'",
      "MAP050 0+7 `actve` is none that `status` takes: such records are rejected → did you mean `active`?",
    ],
    [
      "status",
      "active ? 'on' : 'off'",
      "MAP050 0+21 `on` and `off` are none that `status` takes: such records are rejected → translate them with `map`",
    ],
    [
      "status",
      { from: "status", map: { ACTVE: "active", _: "disabled" } },
      "warning MAP051 0+5 `ACTVE` is none of the values the API has here → did you mean `ACTIVE`?",
    ],
    [
      "status",
      { from: "active", map: { yes: "active", _: "disabled" } },
      "warning MAP051 0+3 `yes` is none of the values the API has here → known: `true` and `false`",
    ],
    [
      "title",
      { from: [{ join: ["login", "groups"], with: "" }] },
      "MAP048 0+6 `title` takes a text, but this is a list → pick one, such as `groups[0]`",
    ],
  ])("%s may not be %j", (name, rule, expected) => {
    expect(field(name, rule)).toEqual([expected]);
  });

  test("what `skip` and `deletes` leave out needs no value", () => {
    const status = { from: "status", map: { ACTIVE: "active" } };
    expect(told({ skip: '(status = "SUSPENDED")', fields: { status } }, SHAPES, 'status in ["ENDED"]')).toEqual([]);
    expect(told({ skip: 'status != "ACTIVE"', fields: { status } })).toEqual([]);
    expect(told({ skip: "$not($exists(nick))", fields: { username: { from: "nick", required: true } } })).toEqual([]);
    expect(told({ skip: 'status = "SUSPENDED" and active', fields: { status } })).toHaveLength(1);
    const known = { from: "status", map: { ACTIVE: "active", SUSPENDED: "locked", _: "disabled" } };
    expect(told({ skip: 'status = "SUSPENDED"', fields: { status: known } })).toEqual([]);
  });

  test.each([
    '$not(status = "ACTIVE")',
    '$not(status in ["ACTIVE"])',
    '$not(status != "SUSPENDED") or $not(status != "ENDED")',
    '(status = "SUSPENDED" ? true : status = "ENDED")',
    '$lowercase(status) != "active"',
    '$not(status = "ACTIVE" and $exists(status))',
    'status != "ACTIVE" or $not(active)',
    "$gone",
  ])("`skip: %s` leaves out every value that is not in the `map`", (skip) => {
    const lets = { wanted: 'status in ["ACTIVE"]', gone: "$not($wanted)" };
    expect(told({ skip, let: lets, fields: { status: { from: "status", map: { ACTIVE: "active" } } } })).toEqual([]);
  });

  test.each(['$substring(status, 0, 1) != "A"', "$contains($raw, /D$/)", '$$.*[0] = "x"'])(
    "what `skip: %s` leaves out is not known, so the values that are not in the `map` are no error",
    (skip) => {
      const status = { from: "status", map: { ACTIVE: "active" } };
      expect(told({ skip, let: { raw: "status" }, fields: { status } })).toEqual([
        "warning MAP050 0+6 `SUSPENDED` and `ENDED` of the API are not in its `map`: such records are rejected, unless `skip` or `deletes` leaves them out → add them, or `_: …` for all others",
      ]);
    },
  );

  test.each([
    ['status = "ENDED" and active', "`SUSPENDED` and `ENDED` of the API are"],
    ['$contains(status, "E") and status = "ENDED"', "`SUSPENDED` of the API is"],
    ["$lowercase(login) = 'x'", "`SUSPENDED` and `ENDED` of the API are"],
    ['$not(status in ["ACTIVE", "ENDED"])', "`ENDED` of the API is"],
  ])("`skip: %s` surely leaves some of the values that are not in the `map`", (skip, which) => {
    const [finding] = told({ skip, fields: { status: { from: "status", map: { ACTIVE: "active" } } } });
    expect(finding).toMatch(`MAP050 0+6 ${which} not in its \`map\`: such records are rejected →`);
    expect(finding).not.toMatch("warning");
  });

  test("whom a comparison lets through has the value", () => {
    const username = { from: "nick", required: true };
    expect(told({ skip: '$not(nick in ["a", "b"])', fields: { username } })).toEqual([]);
    expect(told({ skip: 'nick = "a"', fields: { username } })).toHaveLength(1);
  });

  test("a key is one value that is always there", () => {
    expect(told({ key: "nick" })).toEqual([
      "warning MAP049 0+4 `key` is required, but this may be absent: such records are rejected",
    ]);
    expect(told({ key: "profile" })).toEqual([
      "MAP058 0+7 `key` takes a text or a whole number, but this is an object → name a property of it",
    ]);
  });

  test("nulls that are kept are absent all the same, and functions fail on them", () => {
    expect(told({ keepNulls: true, fields: { username: { from: "$lowercase(nick)", required: true } } })).toEqual([
      "warning MAP057 11+4 `nick` can be null, on which `$lowercase` fails → leave out `nulls: keep`",
      expect.stringContaining("MAP049"),
    ]);
  });
});

describe("true or false as the whole of a text", () => {
  const nothing: Shapes = { record: null, parent: null };
  const said = 'MAP058 0+N `title` takes a text, but this is true or false: it would read "true" or "false"';
  const texts = 'choose a text: `… ? "…" : "…"`, or translate it with `map`';

  test.each([
    ["a.b or login or $parent.c", "for the first that is there write a list: `[a.b, login, $parent.c]`"],
    ["a or $trim(b)", "for the first that is there write a list of sources"],
    ["(a or b)", "for the first that is there write a list: `[a, b]`"],
    ['kind = "x"', texts],
    ["a and b", texts],
    ["level > 3", texts],
    ['"x" in tags', texts],
  ])("%s is a slip, whatever the records are", (text, hint) => {
    const expected = `warning ${said.replace("N", String(text.length))} → ${hint}`;
    expect(told({ fields: { title: text } }, nothing)).toEqual([expected]);
    expect(told({ fields: { title: { from: [{ join: [text, "x"], with: " " }] } } }, nothing)).toEqual([expected]);
  });

  test("what has a `map`, what is no text, and a property of the API are none", () => {
    const fields = {
      title: { from: "a = b", map: { true: "x", false: "y" } },
      phone: "a ? b : c",
      email: "$string(a = b)",
    };
    expect(told({ fields, attributes: { x: "a or b" } }, nothing)).toEqual([]);
    expect(told({ fields: { title: "active" } })).toEqual([]);
  });
});

test("what is always there leaves nothing to `??`", () => {
  const from = "login ?? nick";
  expect(told({ fields: { username: { from, required: true } } })).toEqual([]);
  expect(told({ fields: { username: { from: "login ?: nick", required: true } } })).toHaveLength(1);
});
