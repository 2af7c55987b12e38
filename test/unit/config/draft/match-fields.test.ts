import { guessKey } from "../../../../src/config/draft/guess-key";
import { matchAttributes, matchFields } from "../../../../src/config/draft/match-fields";
import { matchLinks } from "../../../../src/config/draft/match-links";
import { fieldsOf } from "../../../../src/config/draft/record-fields";
import type { EntityName } from "../../../../src/domain/entities";
import type { JsonObject } from "../../../../src/domain/json";
import { FLAG, NUMBER, shapeWith, TEXT } from "./api";

const within = (properties: JsonObject): JsonObject => ({ type: "object", properties });
const listOf = (items: JsonObject): JsonObject => ({ type: "array", items });

const matched = (entity: EntityName, properties: JsonObject) =>
  Object.fromEntries(
    matchFields(entity, fieldsOf(shapeWith(properties))).map(({ name, from }) => [name, from.join(" | ")]),
  );

describe("fields by name and type", () => {
  test.each<[string, JsonObject, Record<string, string>]>([
    [
      "as they are called here",
      { username: TEXT, email: TEXT, given_name: TEXT },
      { username: "username", email: "email", given_name: "given_name" },
    ],
    [
      "in other words",
      { preferred_username: TEXT, mail: TEXT, surname: TEXT },
      { username: "preferred_username", email: "mail", family_name: "surname" },
    ],
    ["the surer word first", { uid: TEXT, userName: TEXT }, { username: "userName" }],
    [
      "inside what holds the record's own",
      { profile: within({ firstName: TEXT, login: TEXT }) },
      { username: "profile.login", given_name: "profile.firstName" },
    ],
    ["the nearer one first", { profile: within({ email: TEXT }), email: TEXT }, { email: "email" }],
    [
      "a name in parts",
      { name: within({ givenName: TEXT, familyName: TEXT, formatted: TEXT }) },
      { display_name: "name.formatted", given_name: "name.givenName", family_name: "name.familyName" },
    ],
    ["never somebody else's", { manager: within({ email: TEXT, displayName: TEXT }) }, {}],
    ["never of another type", { email: FLAG, title: listOf(TEXT), username: within({ value: TEXT }) }, {}],
    [
      "lists of addresses with a primary one",
      { emails: listOf(within({ value: TEXT, primary: FLAG })) },
      { email: "emails[primary=true][0].value | emails[0].value" },
    ],
    [
      "lists of addresses",
      { emails: listOf(within({ address: TEXT })), phones: listOf(TEXT) },
      { email: "emails[0].address", phone: "phones[0]" },
    ],
    [
      "the record within an edge of a connection",
      { cursor: TEXT, node: within({ login: TEXT, email: TEXT }) },
      { username: "node.login", email: "node.email" },
    ],
    [
      "names that need quotes",
      { "e-mail": TEXT, "first name": TEXT },
      { email: "`e-mail`", given_name: "`first name`" },
    ],
  ])("%s", (_, properties, expected) => {
    expect(matched("users", properties)).toEqual(expected);
  });

  test("roles, permissions and organizations have words of their own", () => {
    expect(matched("roles", { label: TEXT, description: TEXT, critical: FLAG })).toEqual({
      name: "label",
      description: "description",
      privileged: "critical",
    });
    expect(matched("permissions", { name: TEXT, object: TEXT, verb: TEXT })).toEqual({
      name: "name",
      resource: "object",
      action: "verb",
    });
    expect(matched("orgs", { displayName: TEXT, name: TEXT, parentId: TEXT, type: TEXT })).toEqual({
      name: "displayName | name",
      parent: "parentId",
      kind: "type",
    });
  });

  test("what is the same in every record says nothing of one", () => {
    expect(matched("roles", { type: { ...TEXT, enum: ["roles"] }, name: TEXT })).toEqual({ name: "name" });
    expect(matched("roles", { type: { ...TEXT, enum: ["team", "job"] }, name: TEXT })).toEqual({
      name: "name",
      kind: "type",
    });
  });

  test("names of persons and addresses are marked, and a typing error in a locale drops it", () => {
    const fields = matchFields("users", fieldsOf(shapeWith({ email: TEXT, phone: TEXT, locale: TEXT, title: TEXT })));
    expect(Object.fromEntries(fields.map(({ name, words }) => [name, words]))).toEqual({
      email: { pii: true },
      phone: { pii: true },
      title: {},
      locale: { invalid: "drop" },
    });
  });

  test("a time of no said format must not cost anybody their record, the end of access must", () => {
    const words = (name: string, schema: JsonObject) =>
      matchFields("users", fieldsOf(shapeWith({ [name]: schema })))[0]?.words;
    expect(words("passwordChangedAt", TEXT)).toEqual({ invalid: "drop" });
    expect(words("passwordChangedAt", { ...TEXT, format: "date-time" })).toEqual({});
    expect(words("passwordChangedAt", NUMBER)).toEqual({});
    expect(words("validUntil", TEXT)).toEqual({});
  });

  test("leftovers become attributes", () => {
    const fields = matchAttributes(
      fieldsOf(shapeWith({ profile: within({ employeeNumber: NUMBER, hobby: TEXT }), department: TEXT })),
    );
    expect(fields.map(({ name, from, words }) => [name, from, words])).toEqual([
      ["employee_number", ["profile.employeeNumber"], { type: "number" }],
      ["department", ["department"], {}],
    ]);
  });

  test("what JavaScript objects inherit, and what cannot be written, is no field", () => {
    const properties = JSON.parse(
      '{"__proto__":{"type":"string"},"constructor":{"type":"string"},"toString":{"type":"string"},"_links":{"type":"string"},"_id":{"type":"string"}}',
    ) as JsonObject;
    expect(fieldsOf(shapeWith(properties)).map(({ path }) => path)).toEqual([["_id"]]);
  });
});

describe("keys", () => {
  test.each<[EntityName, JsonObject, string | null, boolean]>([
    ["users", { id: TEXT, login: TEXT }, "id", false],
    ["users", { userId: NUMBER, uuid: TEXT }, "userId", false],
    ["users", { _id: TEXT, username: TEXT }, "_id", false],
    ["users", { username: TEXT, employeeNumber: TEXT }, "employeeNumber", true],
    ["users", { email: TEXT }, "email", true],
    ["users", { id: within({}), name: TEXT }, null, false],
    ["roles", { name: TEXT, displayName: TEXT }, "name", true],
    ["orgs", { departmentId: TEXT, code: TEXT }, "departmentId", false],
    ["permissions", { label: TEXT }, "label", true],
    ["users", { cursor: TEXT, node: within({ id: TEXT, login: TEXT }) }, "node.id", false],
  ])("of %s with %j: %s", (entity, properties, key, hasDoubt) => {
    const noun = { users: "user", roles: "role", orgs: "department", permissions: "permission" }[entity];
    const guessed = guessKey(entity, shapeWith(properties), [noun], null);
    expect({ key: guessed?.path.join(".") ?? null, hasDoubt: (guessed?.doubt ?? null) !== null }).toEqual({
      key,
      hasDoubt,
    });
  });

  test.each([
    ["personNo", "personNo"],
    ["username", null],
    ["number", null],
  ])("with nothing called an id, it is what the path of one takes: {%s}", (parameter, key) => {
    const record = shapeWith({ personNo: NUMBER, username: within({}), state: TEXT });
    expect(guessKey("users", record, ["person"], parameter)?.path[0] ?? null).toBe(key);
  });
});

describe("lists of keys", () => {
  const roles = { entity: "roles", noun: ["role"], key: "id" } as const;
  const groups = { entity: "roles", noun: ["group"], key: "id" } as const;
  const orgs = { entity: "orgs", noun: ["organization"], key: "id" } as const;
  const links = (properties: JsonObject, targets: readonly (typeof roles | typeof groups | typeof orgs)[]) =>
    matchLinks("users", fieldsOf(shapeWith(properties)), targets).map(
      ({ name, from, sureness }) => `${name}: ${from[0]} (${sureness})`,
    );

  test.each<[string, JsonObject, Parameters<typeof links>[1], readonly string[]]>([
    ["texts", { roles: listOf(TEXT) }, [roles], ["roles: roles (likely)"]],
    ["ids", { roleIds: listOf(TEXT) }, [roles], ["roles: roleIds (likely)"]],
    ["objects", { roles: listOf(within({ id: TEXT, name: TEXT })) }, [roles], ["roles: roles.id (likely)"]],
    [
      "groups of SCIM",
      { groups: listOf(within({ value: TEXT, display: TEXT })) },
      [groups],
      ["roles: groups.value (likely)"],
    ],
    [
      "relationships of JSON:API, of many and of one",
      {
        relationships: within({
          roles: within({ data: listOf(within({ type: TEXT, id: TEXT })) }),
          organization: within({ data: within({ type: TEXT, id: TEXT }) }),
          manager: within({ data: within({ type: TEXT, id: TEXT }) }),
        }),
      },
      [roles, orgs],
      ["orgs: relationships.organization.data.id (likely)", "roles: relationships.roles.data.id (likely)"],
    ],
    ["one key", { organizationId: TEXT }, [orgs], ["orgs: organizationId (likely)"]],
    ["another word for the same", { teamId: TEXT }, [orgs], ["orgs: teamId (guess)"]],
    ["groups where roles are roles", { groups: listOf(TEXT) }, [roles], []],
    ["a name is no key", { organization: TEXT }, [orgs], []],
    ["nothing that is not read", { roles: listOf(TEXT) }, [orgs], []],
    ["objects without a key", { roles: listOf(within({ title: TEXT })) }, [roles], []],
  ])("%s", (_, properties, targets, expected) => {
    expect(links(properties, targets)).toEqual(expected);
  });
});
