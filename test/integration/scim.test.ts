import { cp } from "node:fs/promises";
import { join } from "node:path";
import { type App, openApp } from "../../src/app";
import type { RunReport } from "../../src/domain/runs";
import { groupsOfUser, patchOf, type ScimServer, startScimServer } from "../support/scim-server";
import { makeTempDir, type TempDir } from "../support/temp-dir";
import { createTestDatabase, type TestDatabase } from "../support/test-database";

const USERS = 1_000;
const GROUPS = 50;
/** As the job file says. */
const PAGE = 100;
const MEMBERSHIPS = Array.from({ length: USERS }, (_, index) => groupsOfUser(index + 1, GROUPS).length).reduce(
  (sum, count) => sum + count,
);

/** A SCIM server that this project did not write, mirrored by the app as it is. The tests tell one story, in order. */
describe("a customer with SCIM 2.0", () => {
  let scim: ScimServer;
  let mirror: TestDatabase;
  let home: TempDir;
  let app: App;

  beforeAll(async () => {
    [scim, mirror, home] = await Promise.all([
      startScimServer({ users: USERS, groups: GROUPS }),
      createTestDatabase(),
      makeTempDir(),
    ]);
    await cp(join(__dirname, "scim"), home.path, { recursive: true });
    const env = { DATABASE_URL: mirror.url, SCIM_URL: scim.url, SCIM_TOKEN: scim.token };
    app = await openApp({ home: home.path, env, logLevel: "error" });
  });

  afterAll(async () => {
    await app?.close();
    await Promise.all([scim?.close(), mirror?.drop(), home?.remove()]);
  });

  const sync = (): Promise<RunReport> =>
    app.sync({
      source: "scim",
      only: null,
      user: null,
      full: false,
      planId: null,
      wait: false,
      trigger: { kind: "cli", by: "test@desk", reason: null },
      onEvent: () => undefined,
      signal: new AbortController().signal,
    });

  const rows = async (sql: string): Promise<unknown[]> => (await mirror.database.knex.raw(sql)).rows;

  /** Where every row of the mirror and the audit stands and which transaction wrote it: any write would show. */
  async function rowVersions(): Promise<unknown> {
    const tables = ["mirror.users", "mirror.roles", "mirror.user_roles", "audit.entries"];
    return rows(
      tables
        .map((table) => `select '${table}' as "table", tableoid, ctid::text, xmin::text from ${table}`)
        .join(" union all ")
        .concat(" order by 1, 2, 3"),
    );
  }

  it("is mirrored whole by the first run", async () => {
    expect(await app.check()).toMatchObject({ problems: [] });
    const report = await sync();
    expect(report).toMatchObject({
      outcome: "ok",
      rejects: [],
      entities: {
        users: { fetched: USERS, new: USERS, complete: true, after: USERS },
        roles: { fetched: GROUPS, new: GROUPS, complete: true, after: GROUPS },
        user_roles: { granted: MEMBERSHIPS, dangling: 0, after: MEMBERSHIPS },
      },
    });

    expect(await rows("select count(*)::int as users from mirror.users where tombstoned_at is null")).toEqual([
      { users: USERS },
    ]);
    expect(await rows("select count(*)::int as links from mirror.user_roles where effective")).toEqual([
      { links: MEMBERSHIPS },
    ]);
    expect(
      await rows("select username, status, email, phone, title, locale from mirror.users where key = 'user-60'"),
    ).toEqual([
      {
        username: "User60@Example.com",
        status: "disabled",
        email: "User60@Example.com",
        phone: "+44 20 7946 0060",
        title: "Driver",
        locale: "en-GB",
      },
    ]);
    const person = await app.showPerson("scim", "user-60");
    expect(person).toMatchObject({ username: "User60@Example.com", status: "disabled", tombstonedAt: null });
    expect(person.roles.map(({ key, name }) => [key, name]).sort()).toEqual([
      ["group-1", "Team group-1"],
      ["group-11", "Team group-11"],
    ]);
  });

  it("gives a second run nothing to write", async () => {
    const before = await rowVersions();
    const report = await sync();
    expect(report).toMatchObject({
      outcome: "ok",
      requests: USERS / PAGE + 1, // all groups fit on one page
      entities: {
        users: { fetched: USERS, same: USERS, new: 0, changed: 0, gone: 0 },
        roles: { fetched: GROUPS, same: GROUPS },
        user_roles: { granted: 0, revoked: 0, after: MEMBERSHIPS },
      },
    });
    expect(await rowVersions()).toEqual(before);
  });

  it("passes on what changes there with the next run", async () => {
    const [renamed, deactivated, deleted, lessRoles] = ["user-2", "user-3", "user-4", "user-10"];
    const replace = (path: string, value: unknown) => patchOf({ op: "replace", path, value });
    const id = await idOf(app, "user-2");
    await scim.request("PATCH", `/Users/${renamed}`, replace("userName", "renamed@example.com"));
    await scim.request("PATCH", `/Users/${deactivated}`, replace("active", false));
    await scim.request("DELETE", `/Users/${deleted}`);
    await scim.request("PATCH", "/Groups/group-1", patchOf({ op: "remove", path: `members[value eq "${lessRoles}"]` }));
    const { id: joined } = (await scim.request("POST", "/Users", {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
      userName: "joined@example.com",
      active: true,
    })) as { id: string };
    await scim.request("PATCH", "/Groups/group-1", patchOf({ op: "add", path: "members", value: [{ value: joined }] }));

    const report = await sync();
    expect(report).toMatchObject({
      outcome: "ok",
      entities: {
        users: { fetched: USERS, new: 1, changed: 2, gone: 1, before: USERS, after: USERS },
        roles: { changed: 2, gone: 0 },
      },
    });

    expect(await app.showPerson("scim", renamed)).toMatchObject({ id, username: "renamed@example.com" });
    expect(await app.showPerson("scim", deactivated)).toMatchObject({ status: "disabled" });
    expect((await app.showPerson("scim", deleted)).tombstonedAt).not.toBeNull();
    expect((await app.showPerson("scim", lessRoles)).roles.map(({ key }) => key)).toEqual(["group-11"]);
    expect((await app.showPerson("scim", joined)).roles.map(({ key }) => key)).toEqual(["group-1"]);

    const { entries } = await app.auditUser("scim", deleted, null);
    expect(
      entries
        .filter(({ entity }) => entity === "users")
        .map(({ kind }) => kind)
        .sort(),
    ).toEqual(["create", "tombstone"]);
  });
});

const idOf = async (app: App, key: string): Promise<string> => (await app.showPerson("scim", key)).id;
