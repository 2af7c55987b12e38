import { chooseLists, listOperations } from "../../../../src/config/draft/choose-operations";
import { draftOne } from "../../../../src/config/draft/draft-one";
import { guessKey } from "../../../../src/config/draft/guess-key";
import { NotedVariables } from "../../../../src/config/draft/noted-variables";
import { ApiDocument } from "../../../../src/config/openapi/api-document";
import { TEXT } from "./api";

const USER = { type: "object", properties: { id: TEXT, login: TEXT } };
const answer = (schema: object) => ({ responses: { 200: { content: { "application/json": { schema } } } } });

/** How one user is read in an API that lists them at `/users`. */
const one = (paths: Readonly<Record<string, object>>, record: object = USER) => {
  const list = { operationId: "listUsers", ...answer({ type: "array", items: record }) };
  const gets = Object.entries(paths).map(([path, get]) => [path, { get }]);
  const document = new ApiDocument({ paths: { "/users": { get: list }, ...Object.fromEntries(gets) } });
  const [users] = chooseLists(listOperations(document));
  const key = users === undefined ? null : guessKey("users", users.record, ["user"], null);
  if (users === undefined || key === null) throw new Error("there are no users");
  return draftOne(users, key, { document, variables: new NotedVariables("acme"), remark: () => {} });
};

test.each<[string, Readonly<Record<string, object>>, unknown]>([
  ["by its id", { "/users/{id}": { operationId: "getUser", ...answer(USER) } }, "getUser"],
  ["by its path", { "/users/{user-id}": answer(USER) }, "/users/{key}"],
  [
    "inside an envelope",
    { "/users/{id}": answer({ type: "object", properties: { user: USER } }) },
    { get: "/users/{key}", records: "user" },
  ],
  ["by id or login", { "/users/{idOrLogin}": answer(USER) }, "/users/{key}"],
  [
    "never by a login, which is not the key",
    { "/users/{login}": answer(USER), "/users/{x}/roles": answer(USER) },
    null,
  ],
  ["never from a list", { "/users/{id}": answer({ type: "array", items: USER }) }, null],
  ["never from another record", { "/users/{id}": answer({ type: "object", properties: { count: TEXT } }) }, null],
  [
    "by a neighbour that takes the key",
    { "/user": { parameters: [{ name: "userId", in: "query" }], ...answer(USER) } },
    { get: "/user", query: { userId: "{key}" } },
  ],
  [
    "not by one that takes something else",
    { "/user": { parameters: [{ name: "email", in: "query" }], ...answer(USER) } },
    null,
  ],
  [
    "with what it requires",
    {
      "/users/{id}": {
        parameters: [{ name: "view", in: "query", required: true, schema: { enum: ["full"] } }],
        ...answer(USER),
      },
    },
    { get: "/users/{key}", query: { view: "full" } },
  ],
])("%s", (_, paths, expected) => {
  expect(one(paths)).toEqual(expected);
});

test("a login that is the key is taken by its own name", () => {
  const record = { type: "object", properties: { username: TEXT } };
  expect(one({ "/users/{username}": answer(record) }, record)).toBe("/users/{key}");
  expect(one({ "/users/{id}": answer(record) }, record)).toBeNull();
});
