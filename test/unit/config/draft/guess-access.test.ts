// biome-ignore-all lint/suspicious/noTemplateCurlyInString: `${NAME}` is how job files name a variable.
import type { Remark } from "../../../../src/config/draft/drafted";
import { guessAuth } from "../../../../src/config/draft/guess-auth";
import { guessBaseUrl } from "../../../../src/config/draft/guess-base-url";
import { NotedVariables } from "../../../../src/config/draft/noted-variables";
import { requiredHeaders } from "../../../../src/config/draft/request-words";
import type { JsonObject } from "../../../../src/domain/json";
import { apiWith } from "./api";

const authOf = (securitySchemes: JsonObject, security: readonly JsonObject[] = []) => {
  const document = apiWith({ more: { components: { securitySchemes }, security } });
  const { auth, sureness } = guessAuth(
    document,
    document.operations,
    new NotedVariables("acme"),
    (url) => `base${url}`,
  );
  return { ...auth, sureness };
};

const CLIENT = { type: "oauth2", flows: { clientCredentials: { tokenUrl: "/token", scopes: {} } } };
const BEARER = { type: "http", scheme: "bearer" };

test.each<[string, JsonObject, readonly JsonObject[], JsonObject]>([
  [
    "client credentials with the scopes asked for",
    { o: CLIENT, b: BEARER },
    [{ b: [] }, { o: ["users.read", "roles.read"] }],
    {
      kind: "oauth2",
      grant: "client-credentials",
      tokenUrl: "base/token",
      scope: "users.read roles.read",
      clientId: "${ACME_CLIENT_ID}",
      clientSecret: "${ACME_CLIENT_SECRET}",
      sureness: "sure",
    },
  ],
  [
    "only what the operations accept",
    { o: CLIENT, b: BEARER },
    [{ b: [] }],
    { kind: "bearer", token: "${ACME_TOKEN}", sureness: "sure" },
  ],
  [
    "basic",
    { b: { type: "http", scheme: "Basic" } },
    [],
    { kind: "basic", username: "${ACME_USER}", password: "${ACME_PASSWORD}", sureness: "sure" },
  ],
  [
    "a key in a header",
    { k: { type: "apiKey", in: "header", name: "X-Key" } },
    [],
    { kind: "api-key", name: "X-Key", value: "${ACME_TOKEN}", sureness: "sure" },
  ],
  [
    "a key in the query",
    { k: { type: "apiKey", in: "query", name: "api_key" } },
    [],
    { kind: "api-key", in: "query", name: "api_key", value: "${ACME_TOKEN}", sureness: "sure" },
  ],
  [
    "a scheme before the key",
    {
      k: {
        type: "apiKey",
        in: "header",
        name: "Authorization",
        description: "Prefixed with SSWS: `Authorization: SSWS {token}`",
      },
    },
    [],
    { kind: "api-key", name: "Authorization", value: "SSWS ${ACME_TOKEN}", sureness: "sure" },
  ],
  [
    "bearer, as Swagger 2 has to say it",
    { k: { type: "apiKey", in: "header", name: "Authorization", description: "Use a Bearer token" } },
    [],
    { kind: "bearer", token: "${ACME_TOKEN}", sureness: "likely" },
  ],
  [
    "no scheme known",
    { k: { type: "apiKey", in: "header", name: "Authorization" } },
    [],
    { kind: "api-key", name: "Authorization", value: "${ACME_TOKEN}", sureness: "guess" },
  ],
  [
    "sign-in by people",
    { o: { type: "oauth2", flows: { authorizationCode: {} } } },
    [],
    { kind: "bearer", token: "${ACME_TOKEN}", sureness: "guess" },
  ],
  ["a cookie", { c: { type: "apiKey", in: "cookie", name: "sid" } }, [], { kind: "none", sureness: "guess" }],
  ["nothing", {}, [], { kind: "none", sureness: "guess" }],
])("%s", (_, schemes, security, expected) => {
  expect(authOf(schemes, security)).toEqual(expected);
});

test.each<[string, JsonObject, readonly JsonObject[], string | null]>([
  ["one scheme or another", { o: CLIENT, b: BEARER }, [{ b: [] }, { o: [] }], null],
  [
    "two at once",
    { o: CLIENT, k: { type: "apiKey", in: "header", name: "X-App" } },
    [{ o: [], k: [] }],
    "the document asks for `k` as well: say it under `http: { headers: … }`",
  ],
  [
    "none that can be sent",
    { d: { type: "http", scheme: "digest" }, m: { type: "mutualTLS" } },
    [],
    "the document asks for `d` and `m`, which is none of the kinds of `auth`: look for another way",
  ],
])("what is said of %s", (_, securitySchemes, security, comment) => {
  const document = apiWith({ more: { components: { securitySchemes }, security } });
  expect(guessAuth(document, document.operations, new NotedVariables("acme"), (url) => url).comment).toBe(comment);
});

test("headers that every request needs are sent, or asked for", () => {
  const header = (name: string, required: boolean, schema: JsonObject = {}) => ({
    in: "header",
    name,
    required,
    schema,
  });
  const parameters = [
    ...[header("X-Tenant", true), header("X-Api-Version", true, { default: 2 }), header("X-Trace", false)],
    ...[header("Authorization", true), header("Accept", true), header("Host", true)],
  ];
  const remarks: string[] = [];
  const variables = new NotedVariables("acme");
  const remark = ({ about, text }: Remark) => void remarks.push(`${about}: ${text}`);
  expect(requiredHeaders(apiWith({ parameters }).operations, { variables, remark })).toEqual({
    "X-Tenant": "${ACME_X_TENANT}",
    "X-Api-Version": "2",
  });
  expect(remarks).toEqual(["http.headers: `X-Tenant` is required, and only you know its value"]);
  expect(variables.list().map(({ name }) => name)).toEqual(["ACME_X_TENANT"]);
});

describe("where the API is", () => {
  const baseOf = (...urls: readonly string[]) => {
    const variables = new NotedVariables("acme");
    return { ...guessBaseUrl(apiWith({ more: { servers: urls.map((url) => ({ url })) } }), variables), variables };
  };

  test.each([
    [["https://api.acme.corp/v2/"], "https://api.acme.corp/v2"],
    [["http://api.acme.corp/v2"], "${ACME_URL}/v2"],
    [["https://localhost:8080/v2"], "${ACME_URL}/v2"],
    [["https://api.example.com/v2"], "${ACME_URL}/v2"],
    [["https://{tenant}.acme.corp/v2"], "${ACME_URL}/v2"],
    [["/v2"], "${ACME_URL}/v2"],
    [["/"], "${ACME_URL}"],
    [["https://a.corp/v2", "https://b.corp/v2"], "${ACME_URL}/v2"],
    [[], "${ACME_URL}"],
  ])("%j: %s", (urls, expected) => {
    expect(baseOf(...urls).text).toBe(expected);
  });

  test("a token endpoint on the same server follows it, any other stands as it is", () => {
    expect(baseOf("http://127.0.0.1:8700/v2").resolve("http://127.0.0.1:8700/token")).toBe("${ACME_URL}/token");
    expect(baseOf("http://127.0.0.1:8700").resolve("/oauth/token")).toBe("${ACME_URL}/oauth/token");
    expect(baseOf().resolve("https://login.acme.corp/token")).toBe("https://login.acme.corp/token");
    expect(baseOf().resolve("https://login.acme.corp/{tenant}/token")).toBe("${ACME_TOKEN_URL}");
  });
});
