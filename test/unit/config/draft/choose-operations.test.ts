import { chooseLists, listOperations } from "../../../../src/config/draft/choose-operations";
import { selectLists } from "../../../../src/config/draft/select-lists";
import { ApiDocument } from "../../../../src/config/openapi/api-document";
import type { InitRequest } from "../../../../src/domain/init";

const ANSWER = { type: "array", items: { type: "object", properties: { id: { type: "string" } } } };

const operation = (more: object = {}) => ({
  responses: { 200: { content: { "application/json": { schema: ANSWER } } } },
  ...more,
});

/** Paths, each a GET that answers with a list. */
const api = (paths: Readonly<Record<string, object>>) =>
  new ApiDocument({
    paths: Object.fromEntries(Object.entries(paths).map(([path, more]) => [path, { get: operation(more) }])),
  });

const chosen = (paths: Readonly<Record<string, object>>) =>
  Object.fromEntries(chooseLists(listOperations(api(paths))).map(({ entity, operation: { path } }) => [entity, path]));

test.each<[string, Readonly<Record<string, object>>, Readonly<Record<string, string>>]>([
  [
    "by path",
    { "/users": {}, "/roles": {}, "/permissions": {}, "/organizations": {} },
    { users: "/users", roles: "/roles", permissions: "/permissions", orgs: "/organizations" },
  ],
  [
    "by another word",
    { "/people": {}, "/companies": {}, "/entitlements": {} },
    { users: "/people", orgs: "/companies", permissions: "/entitlements" },
  ],
  ["by id alone", { "/directory": { operationId: "listUsers" } }, { users: "/directory" }],
  [
    "verbs say nothing",
    { "/api/get-users": {}, "/api/listAllRoles": {} },
    { users: "/api/get-users", roles: "/api/listAllRoles" },
  ],
  [
    "what generators put around a name says nothing",
    {
      "/api/accounts": { operationId: "getCollectionResource-account-get_1" },
      "/api/accounts/{id}": { operationId: "getItemResource-account-get" },
      "/directory/groups": { operationId: "listRoles_2" },
    },
    { users: "/api/accounts", roles: "/directory/groups" },
  ],
  [
    "never what is about something else",
    {
      "/users/sessions": {},
      "/audit/users": {},
      "/user-invitations": {},
      "/role-templates": {},
      "/admin/audit-logs": {},
    },
    {},
  ],
  ["never lists inside a record", { "/roles/{id}/users": {}, "/users/{id}/roles": {} }, {}],
  [
    "rather without required parameters",
    { "/users": { parameters: [{ name: "tenant", in: "query", required: true }] }, "/people": {} },
    { users: "/people" },
  ],
  ["rather not a deprecated one", { "/v1/users": { deprecated: true }, "/v2/users": {} }, { users: "/v2/users" }],
  ["groups are roles where there are none", { "/Users": {}, "/Groups": {} }, { users: "/Users", roles: "/Groups" }],
  [
    "else organizations",
    { "/users": {}, "/roles": {}, "/groups": {} },
    { users: "/users", roles: "/roles", orgs: "/groups" },
  ],
  ["a realm in the path", { "/realms/{realm}/users": {} }, { users: "/realms/{realm}/users" }],
])("%s", (_, paths, expected) => {
  expect(chosen(paths)).toEqual(expected);
});

describe("by hand", () => {
  const PATHS = {
    "/staff": { operationId: "listStaff" },
    "/users": { operationId: "listUsers" },
    "/teams": { operationId: "listTeams" },
  };
  const select = (named: InitRequest["operations"], paths: Readonly<Record<string, object>> = PATHS) => {
    const document = api(paths);
    return Object.fromEntries(
      selectLists(document, listOperations(document), named).map(({ entity, operation: { path } }) => [entity, path]),
    );
  };

  test("wins, by id or path, and `none` leaves out", () => {
    expect(select({ users: "listStaff" })).toEqual({ users: "/staff", orgs: "/teams" });
    expect(select({ users: "/staff", orgs: "none" })).toEqual({ users: "/staff" });
    expect(select({ users: "none" })).toEqual({ orgs: "/teams" });
    expect(select({ roles: "listTeams" })).toEqual({ roles: "/teams", users: "/users" });
  });

  test.each<[string, InitRequest["operations"], Readonly<Record<string, object>>, string, string | RegExp]>([
    ["an id that is not there", { users: "listStuff" }, PATHS, "INI004", "did you mean `listStaff`?"],
    ["a path that is not there", { orgs: "/tems" }, PATHS, "INI004", "did you mean `/teams`?"],
    [
      "no list",
      { roles: "ping" },
      { ...PATHS, "/ping": { operationId: "ping", responses: {} } },
      "INI004",
      /name another operation/,
    ],
    [
      "no users",
      {},
      { "/widgets": { operationId: "listWidgets" } },
      "INI003",
      "name it with --users OPERATION; these are lists: `listWidgets`",
    ],
    ["nothing at all", {}, {}, "INI003", /complete the schemas/],
    ["nothing left", { users: "none" }, { "/users": {} }, "INI003", /name an operation/],
  ])("%s", (_, named, paths, code, fix) => {
    expect(() => select(named, paths)).toThrow(
      expect.objectContaining({ code, fix: typeof fix === "string" ? fix : expect.stringMatching(fix) }),
    );
  });
});

test("a list says what it lists through `allOf` too", () => {
  const record = { type: "object", properties: { id: { type: "string" } } };
  const page = {
    allOf: [
      { properties: { total: {} } },
      { properties: { Resources: { items: { $ref: "#/components/schemas/Group" } } } },
    ],
  };
  const document = new ApiDocument({
    paths: { "/Groups": { get: { responses: { 200: { content: { "application/json": { schema: page } } } } } } },
    components: { schemas: { Group: record } },
  });
  expect(listOperations(document)).toMatchObject([{ place: ["Resources"], recordName: "Group" }]);
});
