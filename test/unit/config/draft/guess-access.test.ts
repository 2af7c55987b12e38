// biome-ignore-all lint/suspicious/noTemplateCurlyInString: `${NAME}` is how job files name a variable.
import { guessAuth } from "../../../../src/config/draft/guess-auth";
import { guessBaseUrl } from "../../../../src/config/draft/guess-base-url";
import { NotedVariables } from "../../../../src/config/draft/noted-variables";
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
