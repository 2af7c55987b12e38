/** `/v1/openapi.json` is made of the schemas that check requests; here answers are held against it, too. */
import SwaggerParser from "@apidevtools/swagger-parser";
import Ajv from "ajv/dist/2020";
import type { LocalGrant } from "../../../../src/domain/local-access";
import type { Identity } from "../../../../src/domain/login";
import { ACCEPTED, type ApiServer, houseOf, SUBJECT, startApi, TOKENS } from "../../../support/api-server";

interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly { readonly schema: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

const IDENTITY: Identity = { ...SUBJECT, status: "active", asOf: "2026-11-27T00:00:00.000Z" };
const GRANT: LocalGrant = {
  id: 4,
  source: "acme",
  user: "u1",
  role: "r2",
  org: null,
  grantedAt: "2026-11-27T00:00:00.000Z",
  grantedBy: "api:portal",
  reason: "on call",
  until: null,
  endedAt: null,
};

const ajv = new Ajv({ strict: false, validateFormats: false });
let api: ApiServer;
let document: Document;
let plain: Document;

beforeAll(async () => {
  const house = houseOf({
    login: async (call) => (call.credential.kind === "password" ? ACCEPTED : { result: "refused" }),
    sessions: {
      open: async () => TOKENS,
      renew: async (handle) => (handle === "good" ? TOKENS : null),
      end: async () => true,
      introspect: async (token) =>
        token === "good"
          ? {
              active: true,
              token_type: "access_token",
              iss: "urn:x",
              aud: "acme",
              sub: "7",
              client_id: "portal",
              iat: 1,
              exp: 2,
              sid: "s",
              username: "ada",
              basis: "live",
              asOf: "2026-11-27T00:00:00.000Z",
              subject: SUBJECT,
            }
          : { active: false },
    },
    publishedKeys: async () => ({ keys: [{ kty: "OKP" }] }),
    identity: async () => IDENTITY,
    identities: async ({ after }) => ({ identities: [IDENTITY], next: after === null ? "ü/1" : null }),
    grants: async () => [GRANT],
    grantRole: async () => GRANT,
    revokeGrant: async () => GRANT,
    startSignIn: async () => ({
      url: "https://idp.example.com/authorize?a=b",
      browser: "b1",
      path: "/auth/v1/login/acme/",
    }),
    finishSignIn: async () => ({
      address: "https://app.example.com/back?code=c",
      outcome: "accepted",
      reason: null,
    }),
  });
  api = await startApi(async () => house);
  plain = (await api.ask("GET", "/v1/openapi.json", { key: null })).json as Document;
  document = (await SwaggerParser.dereference(structuredClone(plain) as never)) as unknown as Document;
});
afterAll(() => api.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );

test("is a valid document of OpenAPI 3.1, and holds every route", async () => {
  await expect(SwaggerParser.validate(structuredClone(plain) as never)).resolves.toBeDefined();
  expect(plain.openapi).toBe("3.1.0");
  expect(
    operations()
      .map(({ method, path }) => `${method} ${path}`)
      .toSorted(),
  ).toEqual([
    "delete /v1/identities/{source}/{key}/grants/{id}",
    "get /.well-known/jwks.json",
    "get /v1/identities/{source}",
    "get /v1/identities/{source}/{key}",
    "get /v1/identities/{source}/{key}/grants",
    "get /v1/login/{source}/callback",
    "get /v1/login/{source}/start",
    "post /v1/identities/{source}/{key}/grants",
    "post /v1/introspect",
    "post /v1/login",
    "post /v1/logout",
    "post /v1/token",
  ]);
  expect(Object.keys(plain.components)).toEqual(["securitySchemes", "schemas"]);
});

test("describes requests by what is JSON Schema: the service compiles it without a look", () => {
  const schemas = operations().flatMap(({ parameters = [], requestBody }) =>
    [...parameters, ...Object.values(requestBody?.content ?? {})].map(({ schema }) => schema),
  );
  expect(schemas.length).toBeGreaterThan(10);
  for (const schema of schemas) expect([ajv.validateSchema(schema), schema]).toEqual([true, schema]);
});

test("says which tokens end a session: either kind, however old it is", () => {
  const body = document.paths["/v1/logout"]?.post?.requestBody?.content["application/json"]?.schema;
  expect(body).toMatchObject({
    properties: {
      token: {
        description:
          "Either token of the session, also a refresh token that was used before, and an access token that is over",
      },
    },
  });
});

test("says of each operation whether it takes a key", () => {
  const open = operations()
    .filter(({ security }) => security === undefined)
    .map(({ operationId }) => operationId);
  expect(open.toSorted()).toEqual(["finishSignIn", "getKeys", "startSignIn"]);
});

const PASSWORD = { source: "acme", login: "ada", password: "p" };
const form = (token: string) => ({ body: new URLSearchParams({ token }) });

test.each<[string, string, string, Parameters<ApiServer["ask"]>[2], number]>([
  ["login", "POST", "/v1/login", { body: PASSWORD }, 200],
  ["login", "POST", "/v1/login", { body: { ...PASSWORD, tokens: false, client: { address: "::1" } } }, 200],
  ["login", "POST", "/v1/login", { body: { source: "acme", token: "t" } }, 200],
  ["login", "POST", "/v1/login", { body: { source: "acme", code: "c", codeVerifier: "v".repeat(43) } }, 200],
  ["login", "POST", "/v1/login", { body: {} }, 400],
  ["login", "POST", "/v1/login", { body: PASSWORD, key: null }, 401],
  ["login", "POST", "/v1/login", { body: { ...PASSWORD, source: "x" } }, 404],
  ["renew", "POST", "/v1/token", { body: { refreshToken: "good" } }, 200],
  ["renew", "POST", "/v1/token", { body: { refreshToken: "bad" } }, 200],
  ["logout", "POST", "/v1/logout", { body: { token: "good" } }, 204],
  ["introspect", "POST", "/v1/introspect", form("good"), 200],
  ["introspect", "POST", "/v1/introspect", form("bad"), 200],
  ["introspect", "POST", "/v1/introspect", { body: { token: "good" } }, 415],
  [
    "introspect",
    "POST",
    "/v1/introspect",
    { body: "token=a&token=b", headers: { "content-type": "application/x-www-form-urlencoded" } },
    400,
  ],
  [
    "introspect",
    "POST",
    "/v1/introspect",
    { body: "token=%00", headers: { "content-type": "application/x-www-form-urlencoded" } },
    400,
  ],
  ["getIdentity", "GET", "/v1/identities/acme/u1", {}, 200],
  ["getIdentity", "GET", "/v1/identities/globex/u1", {}, 404],
  ["listIdentities", "GET", "/v1/identities/acme?limit=2&username=Ada", {}, 200],
  ["listIdentities", "GET", "/v1/identities/acme?limit=0", {}, 400],
  ["listIdentities", "GET", "/v1/identities/acme?limit=501", {}, 400],
  ["listIdentities", "GET", "/v1/identities/acme?limit=ten", {}, 400],
  ["listIdentities", "GET", "/v1/identities/acme?limit=Infinity", {}, 400],
  ["listIdentities", "GET", "/v1/identities/acme?limit=-1e999", {}, 400],
  ["listIdentities", "GET", "/v1/identities/acme?limit=1&limit=2", {}, 400],
  ["listIdentities", "GET", "/v1/identities/acme?cursor=!!", {}, 400],
  ["listIdentities", "GET", "/v1/identities/acme?page=2", {}, 400],
  ["listGrants", "GET", "/v1/identities/acme/u1/grants", {}, 200],
  ["grantRole", "POST", "/v1/identities/acme/u1/grants", { body: { role: "r2", reason: "on call" } }, 201],
  ["grantRole", "POST", "/v1/identities/acme/u1/grants", { body: { role: "r2", reason: "x", until: "tomorrow" } }, 400],
  ["grantRole", "POST", "/v1/identities/acme/u1/grants", { body: { role: "r2" } }, 400],
  ["revokeGrant", "DELETE", "/v1/identities/acme/u1/grants/4", {}, 204],
  ["revokeGrant", "DELETE", "/v1/identities/acme/u1/grants/5", {}, 404],
  ["revokeGrant", "DELETE", "/v1/identities/acme/u1/grants/four", {}, 400],
  ["getKeys", "GET", "/.well-known/jwks.json", { key: null }, 200],
  ["startSignIn", "GET", "/v1/login/acme/start?returnTo=https%3A%2F%2Fapp.example.com%2Fback", { key: null }, 303],
  ["startSignIn", "GET", "/v1/login/acme/start", { key: null }, 400],
  ["finishSignIn", "GET", "/v1/login/acme/callback?code=x&state=y", { key: null }, 303],
])("%s: %s %s answers as described, %#", async (operationId, method, path, request, status) => {
  const answer = await api.ask(method, path, request);
  expect([answer.status, answer.text.slice(0, 200)]).toEqual([status, expect.anything()]);
  const described = operations().find((one) => one.operationId === operationId)?.responses[String(status)];
  expect(described).toBeDefined();
  const [type] = answer.type.split(";");
  const schema = described?.content?.[type ?? ""]?.schema;
  if (answer.text === "") return expect(schema).toBeUndefined();
  const validate = ajv.compile(closed(schema) as object);
  expect([validate(answer.json), validate.errors]).toEqual([true, null]);
});

/** The same schema, in which nothing may stand that is not described. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inside = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  const isBare = "keys" in ((schema as { properties?: object }).properties ?? {});
  return "properties" in schema && !isBare ? { additionalProperties: false, ...inside } : inside;
}

test("a page leads to the next, by whatever path it was reached, with the same filter, and the last to none", async () => {
  const path = "/v1/identities/acme?limit=1&username=A%26b";
  const first = await api.ask("GET", path);
  const [, next = ""] = /^<([^>]+)>; rel="next"$/.exec(first.headers.get("link") ?? "") ?? [];
  const { href, pathname, search, searchParams } = new URL(next, `https://host.example/auth${path}`);
  expect([href, searchParams.get("username")]).toEqual([
    `https://host.example/auth/v1/identities/acme${search}`,
    "A&b",
  ]);
  const last = await api.ask("GET", pathname.replace("/auth", "") + search);
  expect([last.status, last.headers.get("link")]).toEqual([200, null]);
});

test("a browser keeps what ties the sign-in to it, where no script reads it, for where it reaches the callback", async () => {
  const { headers } = await api.ask("GET", "/v1/login/acme/start?returnTo=https%3A%2F%2Fapp.example.com%2F", {
    key: null,
  });
  expect(headers.get("location")).toBe("https://idp.example.com/authorize?a=b");
  expect(headers.get("set-cookie")).toBe(
    "understudy_sign_in=b1; Path=/auth/v1/login/acme/; Max-Age=600; HttpOnly; Secure; SameSite=Lax",
  );
});
