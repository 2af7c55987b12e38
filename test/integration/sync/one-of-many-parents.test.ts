/** Of many parents that are asked one answers with trouble: which, and what rests on it. */
import { JOB, linksOf, recordsOf, startWorld, USERS, type World } from "../../support/world";

const CHILD =
  '  user_roles: { each: users, get: "/users/{parent.id}/roles", records: items, page: none, deletes: sweep-within-parent }\n';

let world: World;
/** Status by person. */
let trouble: Readonly<Record<string, number>>;

beforeEach(async () => {
  trouble = {};
  world = await startWorld({
    "jobs/acme.yaml": JOB + CHILD,
    "mappings/acme/users.yaml": USERS.replace("  roles: { from: roles, type: list }\n", ""),
    "mappings/acme/user_roles.yaml": "into: user_roles\nfields:\n  user: $parent.id\n  role: id\n",
  });
  world.upstream.on("/users/{id}/roles", ({ params }) => {
    const status = trouble[params.id ?? ""];
    return status === undefined ? { body: { items: [{ id: "r1" }] } } : { status, body: {} };
  });
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
});
afterEach(() => world.close());

test("one that is not there is named, and the list of which it is a part is not told as complete", async () => {
  trouble = { u2: 404 };
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "incomplete", exitCode: 4, error: { code: "UPS009" } });
  const message = `user_roles of \`u2\`: ${world.upstream.url}/users/{parent.id}/roles does not exist (status 404)`;
  expect(report.error).toMatchObject({
    message,
    fix: expect.stringMatching(/^if the others answer, ask the upstream's people about this one; else check /),
  });
  expect(linksOf(report, "user_roles")).toMatchObject({ revoked: 0, incompleteBecause: message });
  expect(linksOf(report, "user_orgs")).not.toHaveProperty("incompleteBecause");
  expect(recordsOf(report, "users")).toMatchObject({ complete: true });
});

test("one that we may not read is named, too", async () => {
  trouble = { u3: 403 };
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "upstream", exitCode: 4 });
  expect(report.error).toMatchObject({ code: "UPS005", message: expect.stringMatching(/^user_roles of `u3`: .*403/) });
});
