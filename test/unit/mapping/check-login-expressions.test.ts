import { checkLoginExpressions } from "../../../src/mapping/check-login-expressions";

const written = (text: string, line = 3) => ({ text, at: { file: "jobs/acme.yaml", line, column: 5 } });

const HTTP = ["status", "headers", "body", "login"];

const found = (text: string, sees: readonly string[] | null) =>
  checkLoginExpressions({ expressions: [written(text)], sees, conditions: [] }).map(
    ({ code, offset, length, hint }) => [code, text.slice(offset, offset + length), hint],
  );

test.each([
  ["status = 200 and ok", HTTP, "ok", "did you mean `body.ok`?"],
  ["user.id", HTTP, "user", "did you mean `body.user`?"],
  ["stats = 401", HTTP, "stats", "did you mean `status`?"],
  ["sub", ["claims", "body", "login"], "sub", "did you mean `claims.sub`?"],
  ["mail", ["nameId", "sessionIndex", "attributes"], "mail", "did you mean `attributes.mail`?"],
  ["login", ["status", "headers", "body"], "login", "did you mean `body.login`?"],
])("%s sees nothing of %j", (text, sees, name, hint) => {
  expect(found(text, sees)).toEqual([["MAP064", name, hint]]);
});

test.each([
  ["status = 200 and body.ok = true", HTTP],
  ["body.users[name = $$.login].id", HTTP],
  ["$lookup(headers, 'x-user')", HTTP],
  ["($b := body; $b.id)", HTTP],
  ["body.users[id = 1 and active].key", HTTP],
  ["email ? email : sub", null],
])("%s is there, or nobody knows", (text, sees) => {
  expect(found(text, sees)).toEqual([]);
});

test("what does not parse is told as that alone", () => {
  expect(found("status = ", HTTP)).toEqual([["MAP040", expect.any(String), null]]);
});

describe("what decides about an answer", () => {
  /** `success` and `refused`, and what is said of them. */
  const decided = (success: string, refused = "status = 401", disabled?: string) => {
    const conditions = Object.entries({ ...(disabled === undefined ? {} : { disabled }), success, refused }).map(
      ([word, text], index) => ({ word, expression: written(text, index + 1) }),
    );
    const expressions = [...conditions.map(({ expression }) => expression), written("body.id", 9)];
    return checkLoginExpressions({ expressions, sees: HTTP, conditions }).map(
      ({ code, at, message, hint }) => `${at.line} ${code} ${message}${hint === null ? "" : ` → ${hint}`}`,
    );
  };

  test.each([
    ['status = "200"', 'MAP056 `status` is a number, `"200"` is a text: the comparison is never true → write `200`'],
    [
      "headers.`x-ok` = true",
      'MAP056 `headers.`x-ok`` is a text, `true` is true or false: the comparison is never true → write `"true"`',
    ],
    ["login = 7", 'MAP056 `login` is a text, `7` is a number: the comparison is never true → write `"7"`'],
    ["status.code = 200", "MAP047 `status` is a number, which has no `code`"],
    ['"true"', "MAP054 `success` must be true or false, but this is a text: it is never the answer"],
    [
      "status",
      "MAP054 `success` must be true or false, but this is a number: it is never the answer → compare it: `status = …`",
    ],
    ["true", "MAP053 `success` is true for every answer: everybody would be let in → e.g. `status = 200`"],
    [
      "status = 200 and body.ok",
      'MAP054 `body.ok` counts as true here whatever text it is, "false" as well → compare it: `body.ok = true`',
    ],
    [
      "status = 200 and (body.ok or body.state = 'fine')",
      'MAP054 `body.ok` counts as true here whatever text it is, "false" as well → compare it: `body.ok = true`',
    ],
    ['status = 200 or "x"', 'MAP055 a text by itself is always true: `"x"` → compare it, or write `in ["…", "…"]`'],
  ])("`success: %s` is wrong whatever comes back", (success, told) => {
    expect(decided(success)).toEqual([`1 ${told}`]);
  });

  test("two outcomes by one expression are one", () => {
    const told = (later: string, earlier: string) =>
      `CFG005 \`${later}\` says the same as \`${earlier}\`, which is asked first: it is never the answer → say what tells them apart, e.g. another \`status\``;
    expect(decided("status = 200", "status=200")).toEqual([`2 ${told("refused", "success")}`]);
    expect(decided("body.ok", "status = 401", "body.ok")).toEqual([`2 ${told("success", "disabled")}`]);
  });

  test.each([
    ["status = 200", "true"],
    ["body.ok", "body.ok = false"],
    ["status in [200, 204] and headers.`x-user` != login", "status = 401 or body.error"],
    ["$number(body.code) = 0", "$exists(body.error)"],
    ["false", "false"],
  ])("`success: %s`, `refused: %s` may be right", (success, refused) => {
    expect(decided(success, refused)).toEqual([]);
  });
});
