import { silentLog } from "../../../../src/domain/log";
import { systemResolver } from "../../../../src/upstream/http/address-guard";
import { DEFAULT_LIMITS } from "../../../../src/upstream/http/limits";
import { DIRECT } from "../../../../src/upstream/http/outgoing";
import { askUserinfo } from "../../../../src/upstream/login/ask-userinfo";
import { createLoginClient } from "../../../../src/upstream/login/login-client";
import { jobAt } from "../../../support/upstream-job";
import { startUpstreamServer, type UpstreamServer } from "../../../support/upstream-server";

let server: UpstreamServer;
let client: ReturnType<typeof createLoginClient>;
beforeAll(async () => {
  server = await startUpstreamServer();
  client = createLoginClient({
    job: jobAt(server.url),
    deadline: 5_000,
    log: silentLog,
    limits: DEFAULT_LIMITS,
    resolver: systemResolver,
    outgoing: DIRECT,
    now: Date.now,
  });
});
afterAll(async () => {
  await client.http.close();
  await server.close();
});

const ask = (metadata: { readonly issuer?: string; readonly userinfo_endpoint?: string } = {}) =>
  askUserinfo(
    client,
    { issuer: server.url, userinfo_endpoint: `${server.url}/me`, ...metadata },
    { accessToken: "t", sub: "s" },
    new AbortController().signal,
  );

test("brings the access token, and keeps every digit of what is answered", async () => {
  server.on("/me", () => ({
    headers: { "Content-Type": "application/json" },
    body: '{"sub":"s","id":12345678901234567890}',
  }));
  await expect(ask()).resolves.toEqual({ sub: "s", id: "12345678901234567890" });
  expect(server.requests.at(-1)?.headers.authorization).toBe("Bearer t");
});

test("is not asked where there is none", async () => {
  await expect(ask({ userinfo_endpoint: undefined as never })).resolves.toBeNull();
});

test.each<[string, object, string]>([
  ["somebody else", { body: { sub: "t" } }, "UPS013"],
  ["nobody", { body: {} }, "UPS013"],
  ["no to the token", { status: 401, body: {} }, "UPS013"],
  ["no JSON", { body: "a.b.c" }, "UPS011"],
  ["an error of its own", { status: 502, body: "" }, "UPS003"],
  ["to come later", { status: 429, body: "" }, "UPS004"],
  ["to go elsewhere", { status: 302, headers: { Location: "/login" }, body: "" }, "UPS008"],
])("that says %s is none", async (_, reply, code) => {
  server.on("/me", () => reply);
  await expect(ask()).rejects.toMatchObject({ code });
});

test("at an address without TLS is not told a token that came with it", async () => {
  const before = server.requests.length;
  await expect(ask({ issuer: "https://idp.example" })).rejects.toMatchObject({ code: "UPS013" });
  expect(server.requests).toHaveLength(before);
});
