import type { App } from "../../../../src/domain/app";
import { command } from "../command";

/** The first thing that the command asks of the app. */
async function asked(argv: readonly string[], method: keyof App): Promise<unknown> {
  const requests: unknown[] = [];
  const said = await command(argv, {
    [method]: async (request: unknown) => {
      requests.push(request);
      throw new Error("enough is known");
    },
  });
  expect(said.exitCode).toBe(1);
  return requests[0];
}

test.each<[string[], keyof App, object]>([
  [
    ["sync", "acme", "--only", "users,orgs", "--only", "roles", "--only", "users"],
    "sync",
    { only: ["users", "orgs", "roles"] },
  ],
  [["plan", "acme", "--only", "users", "--only", "roles"], "plan", { only: ["users", "roles"] }],
  [
    ["key", "create", "portal", "--sources", "a", "--sources", "b"],
    "createKey",
    { sources: ["a", "b"], scopes: ["login", "introspect"] },
  ],
  [
    ["key", "create", "portal", "--sources", "a", "--scopes", "login", "--scopes", "identities"],
    "createKey",
    { scopes: ["login", "identities"] },
  ],
])("lists add up: %j", async (argv, method, expected) => {
  expect(await asked(argv, method)).toMatchObject(expected);
});

test.each([
  [["sync", "acme", "--user", "2", "--user", "3"], "--user <key>"],
  [["plan", "-C", ".", "acme", "-C", "."], "-C, --directory <dir>"],
  [["hold", "list", "--all", "--all"], "--all"],
  [["runs", "-o", "csv", "--output", "json"], "-o, --output <format>"],
  [["key", "create", "portal", "--sources", "a", "--until", "2099-01-01", "--until", "2098-01-01"], "--until <time>"],
])("of any other option there is one: %j", async (argv, flags) => {
  const { exitCode, err } = await command(argv);
  expect(err).toBe(`error[USE001]: option '${flags}' is given more than once\n  see how it is used: add --help\n`);
  expect(exitCode).toBe(2);
});
