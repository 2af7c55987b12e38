import { join } from "node:path";
import SwaggerParser from "@apidevtools/swagger-parser";
import { type CustomerSystem, startCustomerSystem } from "../../demo/customer-system/customer-system";

type Body = Record<string, unknown> & { users: { id: string }[]; page: { next: string | null; total: number } };

let system: CustomerSystem;
beforeEach(async () => {
  system = await startCustomerSystem();
});
afterEach(() => system.close());

const token = async (form: Record<string, string> = {}): Promise<Response> =>
  fetch(`${system.url}/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: system.account.clientId,
      client_secret: system.account.clientSecret,
      ...form,
    }),
  });

const reader = async (): Promise<(path: string) => Promise<Response>> => {
  const { access_token } = (await (await token()).json()) as { access_token: string };
  return (path) => fetch(new URL(path, system.url), { headers: { authorization: `Bearer ${access_token}` } });
};

const allUsers = async (get: (path: string) => Promise<Response>): Promise<string[]> => {
  const ids: string[] = [];
  for (let after: string | null = ""; after !== null; ) {
    const { users, page } = (await (await get(`/users?limit=200&after=${after}`)).json()) as Body;
    ids.push(...users.map(({ id }) => id));
    after = page.next;
  }
  return ids;
};

test("is what its OpenAPI document says", async () => {
  const document = await SwaggerParser.validate(join(__dirname, "../../demo/customer-system/openapi.yaml"));
  const get = await reader();
  for (const path of Object.keys(document.paths ?? {})) {
    if (document.paths?.[path]?.get === undefined) continue;
    const known = path.replace("{roleId}", "invoice-clerk").replace("{userId}", "p-0001");
    expect([path, (await get(known)).status]).toEqual([path, 200]);
  }
});

test("holds 2,000 people, 60 organizations, 40 roles and 120 permissions, each paged in its own way", async () => {
  const get = await reader();
  const ids = await allUsers(get);
  expect(new Set(ids).size).toBe(2_000);
  expect(new Set(system.directory.users.map(({ login }) => login)).size).toBe(2_000);

  const organizations: { id: string; parentId: string | null }[] = [];
  for (let path: string | undefined = "/organizations"; path !== undefined; ) {
    const page = await get(path);
    organizations.push(...((await page.json()) as typeof organizations));
    path = /<([^>]+)>/.exec(page.headers.get("link") ?? "")?.[1];
  }
  expect(organizations).toHaveLength(60);
  expect(organizations.filter(({ parentId }) => parentId === null)).toHaveLength(1);

  expect(await (await get("/roles?offset=25&limit=25")).json()).toMatchObject({ items: { length: 15 }, total: 40 });
  expect(await (await get("/permissions")).json()).toMatchObject({ permissions: { length: 120 } });
});

test("lets nobody in without a token, with a wrong secret or with a token that has run out", async () => {
  expect((await fetch(`${system.url}/users`)).status).toBe(401);
  expect((await token({ client_secret: "wrong" })).status).toBe(401);
  const shortLived = await startCustomerSystem({ tokenLifetime: 0 });
  try {
    const { clientId, clientSecret } = shortLived.account;
    const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
    const body = new URLSearchParams({ grant_type: "client_credentials" });
    const issued = await fetch(`${shortLived.url}/token`, { method: "POST", headers: { authorization }, body });
    const { access_token } = (await issued.json()) as { access_token: string };
    const late = await fetch(`${shortLived.url}/users`, { headers: { authorization: `Bearer ${access_token}` } });
    expect([issued.status, late.status]).toEqual([200, 401]);
  } finally {
    await shortLived.close();
  }
});

test("shows who joined, moved, left and lost a role", async () => {
  const get = await reader();
  const { directory } = system;
  const hired = directory.hire({ firstName: "Nova", lastName: "Brandt", teamId: "org-20", roleIds: ["depot-clerk"] });
  directory.move("p-0001", "org-21");
  directory.revoke("p-0005", "vehicle-controller");
  directory.grant("p-0006", "ledger-controller");
  directory.suspend("p-0007");
  directory.leave("p-0002");

  expect(await (await get(`/users/${hired.id}`)).json()).toMatchObject({ login: "nova.brandt", teamId: "org-20" });
  expect(await (await get("/users/p-0001")).json()).toMatchObject({ teamId: "org-21" });
  expect((await get("/users/p-0002")).status).toBe(404);
  expect(await (await get("/users/p-0007")).json()).toMatchObject({ state: "SUSPENDED" });
  expect(await allUsers(get)).toHaveLength(2_000);
  expect(() => directory.leave("p-0002")).toThrow(RangeError);
});

test("can answer with nobody, and can be switched off and on at the same address", async () => {
  const get = await reader();
  system.answerEmpty(true);
  expect(await (await get("/users")).json()).toEqual({ users: [], page: { next: null, total: 0 } });
  system.answerEmpty(false);

  await system.close();
  await expect(get("/users")).rejects.toThrow();
  await system.reopen();
  expect(await allUsers(get)).toHaveLength(2_000);
});
