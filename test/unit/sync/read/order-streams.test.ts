import type { Stream } from "../../../../src/domain/job";
import { landableStreams, orderStreams } from "../../../../src/sync/read/order-streams";

const stream = (name: string, into: string, lists: readonly string[] = [], each: string | null = null): Stream =>
  ({ name, into, each, mapping: { fields: lists.map((list) => ({ name: list })) } }) as unknown as Stream;

const USERS = stream("users", "users", ["username", "orgs", "roles"]);
const ROLES = stream("roles", "roles", ["permissions"]);
const PERMISSIONS = stream("permissions", "permissions");
const ORGS = stream("orgs", "orgs");
const MEMBERS = stream("orgs", "orgs", ["members"]);
const CHILDREN = stream("role_members", "user_roles", [], "roles");

const namesOf = (streams: readonly Stream[]): readonly string[] => streams.map(({ name }) => name);

test.each([
  [
    "the job's order stays where nobody names anybody later",
    [ORGS, PERMISSIONS, ROLES, USERS],
    "orgs permissions roles users",
  ],
  ["whoever is named comes first", [USERS, ROLES, PERMISSIONS, ORGS], "permissions roles orgs users"],
  ["of two who name each other the first of the job", [USERS, MEMBERS], "users orgs"],
  ["whoever is named and has no stream is not waited for", [USERS], "users"],
])("%s", (_why, streams, order) => {
  expect(namesOf(orderStreams(streams)).join(" ")).toBe(order);
});

test.each([
  ["all of whom nothing hangs but their lists", [USERS, ROLES, PERMISSIONS, ORGS], "permissions roles orgs users"],
  ["none that has children, and no child", [ROLES, CHILDREN, USERS], "users"],
  ["none that names somebody who is read later", [USERS, MEMBERS], "orgs"],
])("lands: %s", (_why, streams, landable) => {
  expect(namesOf(landableStreams(streams)).join(" ")).toBe(landable);
});
