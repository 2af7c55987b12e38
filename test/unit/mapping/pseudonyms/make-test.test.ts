import fc from "fast-check";
import { readMapping } from "../../../../src/config/read-mapping";
import { MAPPING_CODES } from "../../../../src/config/yaml/entry";
import { parseYaml } from "../../../../src/config/yaml/parse-yaml";
import type { Problem } from "../../../../src/domain/errors";
import type { Json, JsonObject } from "../../../../src/domain/json";
import type { MappingSpec } from "../../../../src/domain/mapping";
import { ANYTHING, type RecordShape } from "../../../../src/domain/record-shape";
import { type CompiledMapping, compileMapping } from "../../../../src/mapping/compile-mapping";
import { type MadeTest, makeTest } from "../../../../src/mapping/pseudonyms/make-test";
import { holds } from "../../../support/holds";

const USERS = `
into: users
key: id
skip: status = "STAGED"
let:
  login: $lowercase($trim(profile.login))
  domain: $substringAfter(profile.email, "@")
fields:
  username: { from: $login, required: true }
  email: { from: $lowercase(profile.email), type: email }
  display_name: [profile.displayName, { join: [profile.firstName, profile.lastName] }, $login]
  given_name: profile.firstName
  family_name: profile.lastName
  phone: profile.mobile
  locale: { from: profile.locale, invalid: drop }
  timezone: { from: profile.timezone, type: timezone, invalid: drop }
  valid_until: validUntil
  status: { from: status, map: { ACTIVE: active, SUSPENDED: locked } }
  orgs: { from: 'groups[type="org"].id', type: list }
  roles: { from: roles.id, type: list }
attributes:
  external: $contains($domain, "partner.example")
  senior: { from: level > 3, type: boolean }
  manager: { from: managerId, type: text }
  named: { from: '$contains($lowercase(profile.displayName), $lowercase(profile.lastName))', type: boolean }
  initial: { from: '$substring($login, 0, 1) = $lowercase($substring(profile.firstName, 0, 1))', type: boolean }
  employee: { from: '$number($substringAfter(employee, "EMP")) > 0', type: boolean }
`;

const ALICE: JsonObject = {
  id: "00u1CanaryId9Zq",
  status: "ACTIVE",
  level: 7,
  managerId: 884211,
  employee: "EMP0042417",
  validUntil: "2031-05-17T08:09:10.123+02:00",
  secretNote: "Canary note nobody reads",
  profile: {
    login: "  aqvenholt ",
    email: "Aurelia.Qvenholt@canary-corp.com",
    firstName: "Aurelia",
    lastName: "Qvenholt",
    displayName: "Qvenholt, Aurelia (they/them)",
    mobile: "+49 (0)171 5550199",
    locale: "de-DE",
    timezone: "Europe/Berlin",
  },
  groups: [
    { id: "org-7731", type: "org" },
    { id: "grp-1188", type: "group" },
  ],
  roles: [{ id: 90125 }, { id: 90126 }],
};

function specOf(text: string): MappingSpec {
  const problems: Problem[] = [];
  const root = parseYaml("mappings/acme/users.yaml", text, MAPPING_CODES, problems);
  const spec = root === null ? null : readMapping(root);
  if (spec === null || problems.length > 0) throw new Error(JSON.stringify(problems));
  return spec;
}

const compiled = new Map<string, { readonly mapping: MappingSpec; readonly mapper: CompiledMapping }>();
afterAll(() => Promise.all([...compiled.values()].map(({ mapper }) => mapper.close())));

function compile(text: string) {
  const mapping = specOf(text);
  const known = compiled.get(text) ?? { mapping, mapper: compileMapping(mapping, { deletes: null }) };
  compiled.set(text, known);
  return known;
}

async function recorded(record: JsonObject, text = USERS, parent: JsonObject | null = null): Promise<MadeTest> {
  const { mapping, mapper } = compile(text);
  return makeTest({ record, parent }, { mapping, ofJob: [], shapes: { record: null, parent: null } }, async (given) => {
    const [mapped] = await mapper.mapPage([given.record], given.parent);
    if (mapped === undefined) throw new Error("no result");
    return mapped;
  });
}

/** Texts and numbers in a value; the names of properties are the mapping's. */
function* leaves(value: Json | undefined): Generator<string> {
  if (typeof value !== "object" || value === null) yield String(value);
  else for (const inner of Object.values(value)) yield* leaves(inner);
}

test("a test is made of a record: made-up people, the same mapping", async () => {
  const made = await recorded(ALICE);
  expect(made).toEqual(await recorded(ALICE));
  const profile = made.given.profile as Record<string, string>;
  expect(made.given).toMatchObject({ status: "ACTIVE", level: 7, employee: expect.stringMatching(/^EMP0\d{6}$/) });
  expect(made.given).not.toHaveProperty("secretNote");
  expect(profile.email).toMatch(/^[A-Z][a-z]{6}\.[A-Z][a-z]{7}@example\.com$/);
  expect(profile.email).toBe(`${profile.firstName}.${profile.lastName}@example.com`);
  expect(profile.displayName).toMatch(`${profile.lastName}, ${profile.firstName} (`);
  expect(profile.login?.trim()).toBe(`${profile.firstName?.[0]}${profile.lastName}`.toLowerCase());
  expect(profile.mobile).toMatch(/^\+\d\d \(0\)\d{3} \d{7}$/);
  expect(made.expect).toMatchObject({
    key: made.given.id,
    username: profile.login?.trim(),
    status: "active",
    roles: [expect.stringMatching(/^\d{5}$/), expect.stringMatching(/^\d{5}$/)],
    attributes: { external: false, senior: true, named: true, initial: true, employee: true },
  });
});

test("nothing of the real record is left", async () => {
  const said = JSON.stringify(await recorded(ALICE)).toLowerCase();
  for (const canary of "canary|qvenholt|aurelia|aqven|5550199|00u1|884211|0042417|7731|1188|90125|2031-05|08:09|berlin|de-de|they".split(
    "|",
  ))
    expect(said).not.toContain(canary);
});

test.each([
  [
    "a reject stays one, for the same field",
    { ...ALICE, profile: { login: " " } },
    { rejects: "username", it: expect.stringContaining("MAP020") },
  ],
  ["a value that the map does not know", { ...ALICE, status: "ZOMBIE" }, { rejects: "status" }],
  ["a record without a key", { ...ALICE, id: null }, { rejects: "key" }],
  ["one that is left out", { ...ALICE, status: "STAGED" }, { skips: true }],
  ["a comparison that cannot be made", { ...ALICE, level: "high" }, { rejects: "attributes.senior" }],
])("%s", async (_, record, expected) => {
  expect(await recorded(record as JsonObject)).toMatchObject(expected);
});

test("what the mapping looks for in a value stays in it", async () => {
  const made = await recorded({
    ...ALICE,
    profile: { ...(ALICE.profile as JsonObject), email: "q@mail.partner.example" },
  });
  expect((made.given.profile as Record<string, string>).email).toMatch(/^\w@\w{4}\.partner\.example$/);
  expect(made.expect?.attributes).toMatchObject({ external: true });
});

test("whole records that a mapping keeps are made up whole, names of properties that are values too", async () => {
  const text =
    "into: users\nkey: id\nfields: { username: id, status: { from: s, map: { _: active } } }\nattributes: { all: { from: $, type: any } }\n";
  const made = await recorded(
    {
      id: "77120988",
      s: "x",
      mails: { "canary@corp.test": { canaryName: "Canary" } },
      "Canary Key": [{ 12345678: true }],
      note: "Zanzibar",
    },
    text,
  );
  const said = JSON.stringify(made).toLowerCase();
  for (const canary of ["canary", "corp.test", "77120988", "12345678", "zanzibar"]) expect(said).not.toContain(canary);
  expect(Object.keys(made.given)).toHaveLength(5);
});

const MEMBERS = {
  id: "77120988",
  s: "x",
  members: { adaweber: "owner", bobsmith: "member", cemkaya: { since: "2031-05-17", roles: ["member"] } },
};

test.each([
  ["$keys(members)", 3],
  ["$each(members, function($v, $k) { $k })", 3],
  ["$spread(members).$keys()", 3],
  ["$keys(members)[$contains($, 'smith')]", 1],
])("people listed by names of properties are nobody real: %s", async (expression, count) => {
  const text = `into: users\nkey: id\nfields: { username: id, status: { from: s, map: { _: active } }, orgs: { from: "${expression}", type: list } }\nattributes: { all: { from: members, type: any } }\n`;
  const made = await recorded(MEMBERS, text);
  expect(made.expect?.orgs).toHaveLength(count);
  const said = JSON.stringify(made).toLowerCase();
  for (const canary of ["adaweber", "bobsmith", "cemkaya", "2031-05-17"]) expect(said).not.toContain(canary);
});

test("names that the mapping says or the API's document knows stay", async () => {
  const text = `into: users\nkey: id\nfields: { username: id, status: { from: s, map: { _: active } } }\nattributes: { all: { from: members, type: any }, who: members.*.since }\n`;
  const { mapping, mapper } = compile(text);
  const shape: RecordShape = {
    ...ANYTHING,
    property: () => ({ ...ANYTHING, property: () => ({ ...ANYTHING, names: new Set(["roles"]) }) }),
  };
  const made = await makeTest(
    { record: MEMBERS, parent: null },
    { mapping, ofJob: [], shapes: { record: shape, parent: null } },
    async (given) => {
      const [mapped] = await mapper.mapPage([given.record], given.parent);
      if (mapped === undefined) throw new Error("no result");
      return mapped;
    },
  );
  const said = JSON.stringify(made.given);
  for (const name of ["since", "roles"]) expect(said).toContain(name);
  for (const canary of ["adaweber", "bobsmith", "cemkaya"]) expect(said).not.toContain(canary);
});

test("words that stay because they say nothing, and those of made-up domains, are no real ones", async () => {
  const text = `into: users\nkey: id\nfields: { username: id, status: { from: s, map: { _: active } }, title: t }\nattributes: { all: { from: profile, type: any } }\n`;
  const profile = { firstName: "Aurelia", mail: "aurelia@canary.test", example: true, none: 1, locale: "none" };
  const made = await recorded({ id: "77120988", s: "x", t: "none", profile }, text);
  expect(made.expect?.title).toBe("none");
  expect(JSON.stringify(made).toLowerCase()).not.toMatch(/aurelia|canary|firstname/);
});

test("links have their parent's record with them", async () => {
  const text = "into: user_roles\nfields: { user: id, role: $parent.key, org: org }\n";
  const made = await recorded({ id: "u-55512", name: "Canary" }, text, { key: "role-55512-x", label: "Canary" });
  expect(made).toMatchObject({ given: { id: expect.stringMatching(/^\w-\d{5}$/) }, expect: { user: made.given.id } });
  expect(made.expect?.role).toBe(made.parent?.key);
  expect(made.parent).not.toHaveProperty("label");
  expect(String(made.parent?.key)).toContain(String(made.given.id).slice(2));
  expect(made.expect).not.toHaveProperty("org");
});

test("what decides by a value that cannot be made up is refused, without a word of it", async () => {
  const text = `into: users\nkey: id\nfields: { username: id, status: { from: '$length(name) > 3 and $substring(name, 0, 2) = $lowercase("CA") ? "a" : "b"', map: { a: active, b: disabled } } }\n`;
  const failure: Error = await recorded({ id: "u1", name: "canary" }, text).then(
    () => new Error("it was made"),
    (error: Error) => error,
  );
  expect(failure).toMatchObject({ code: "KEP003", message: expect.stringContaining("`status` is another one") });
  expect(failure.message).not.toContain("canary");
});

test("huge records do not take for ever", async () => {
  const words = Array.from(
    { length: 20_000 },
    (_, n) => `w${n.toString(36).replace(/\d/g, "x")}${"y".repeat(n % 7)}`,
  ).join(" ");
  const made = await recorded({ ...ALICE, profile: { ...(ALICE.profile as JsonObject), displayName: words } });
  expect(made.expect?.display_name).not.toBe(words);
});

const name = fc.stringMatching(/^[A-ZÄÖ][a-zéü]{3,9}(-[A-Z][a-z]{3,6})?$/);
const person = fc
  .record({
    id: fc.oneof(fc.uuid(), fc.stringMatching(/^[A-Za-z0-9]{12,16}$/), fc.integer({ min: 10_000, max: 9_999_999 })),
    status: fc.constantFrom("ACTIVE", "SUSPENDED", "STAGED", "GONE", null),
    level: fc.integer({ min: 0, max: 9 }),
    first: name,
    last: name,
    domain: fc.constantFrom("corp-name.test", "partner.example", "sub.corp-name.test"),
    style: fc.constantFrom("dot", "initial", "last", "odd"),
    mobile: fc.option(fc.stringMatching(/^\+49 1[567]\d \d{6,8}$/)),
    until: fc.option(fc.date({ min: new Date("2001-01-01"), max: new Date("2035-01-01"), noInvalidDate: true })),
    groups: fc.array(fc.record({ id: fc.stringMatching(/^g-\d{4}$/), type: fc.constantFrom("org", "team") }), {
      maxLength: 3,
    }),
  })
  .map(({ first, last, domain, style, until, mobile, groups, ...rest }) => {
    const [given, family] = [first, last].map((text) => text.normalize("NFD").replace(/[^A-Za-z]/g, ""));
    const logins = {
      dot: `${given}.${family}`,
      initial: `${given?.[0]}${family}`,
      last: `${family}7`,
      odd: `x_${family}`,
    };
    const login = logins[style as keyof typeof logins];
    const profile = {
      login,
      email: `${login}@${domain}`,
      firstName: first,
      lastName: last,
      displayName: `${last}, ${first}`,
      mobile,
    };
    const record = { ...rest, profile, groups, validUntil: until?.toISOString() ?? null, employee: "EMP00123" };
    return {
      record: JSON.parse(JSON.stringify(record)) as JsonObject,
      canaries: [first, last, login, mobile ?? first, String(rest.id)],
    };
  });

test("for people of all kinds the outcome is the same and nothing of them is left", async () => {
  await holds(
    fc.asyncProperty(person, async ({ record, canaries }) => {
      const made = await recorded(record);
      const said = [...leaves({ ...made, it: "" } as unknown as Json)].map((text) => text.toLowerCase());
      for (const canary of canaries) expect(said.filter((text) => text.includes(canary.toLowerCase()))).toEqual([]);
      const outcome = made.skips ?? made.rejects ?? (made.expect?.status as string);
      expect(outcome).toBe(
        { ACTIVE: "active", SUSPENDED: "locked", STAGED: true, GONE: "status", null: "status" }[String(record.status)],
      );
    }),
    150,
  );
});
