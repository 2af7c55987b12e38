import { checkLoginExpressions } from "../../../src/mapping/check-login-expressions";

const HTTP = ["status", "headers", "body", "login"];

const found = (text: string, sees: readonly string[] | null) =>
  checkLoginExpressions({ expressions: [{ text, at: { file: "jobs/acme.yaml", line: 3, column: 5 } }], sees }).map(
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
