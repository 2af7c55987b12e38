/** What is wrong beside the body of a login: methods, addresses, headers, and how a request is sent. */

import { once } from "node:events";
import { connect } from "node:net";
import { KEY } from "../../../support/api-server";
import { GOOD, type RecordingApi, startRecordingApi } from "../../../support/recording-api";

let api: RecordingApi;
beforeAll(async () => {
  api = await startRecordingApi();
});
beforeEach(() => api.forget());
afterAll(() => api.close());

describe("what does not get as far as a body", () => {
  test.each([
    ["GET", "/v1/login", "POST"],
    ["PUT", "/v1/token", "POST"],
    ["HEAD", "/v1/login/acme/callback", "GET"],
    ["HEAD", "/v1/login/acme/start", "GET"],
    ["POST", "/v1/identities/acme/u1", "GET, HEAD"],
    ["PATCH", "/v1/identities/acme/u1/grants", "GET, HEAD, POST"],
  ])("%s %s: 405, and what it takes", async (method, path, allow) => {
    const answer = await api.ask(method, path);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
    expect(answer.type).toMatch(/problem\+json/);
  });

  test("a key as long as keys may be is looked for, and so is a grant by who names a type of no body", async () => {
    expect((await api.ask("GET", `/v1/identities/acme/${encodeURIComponent("ü".repeat(1_024))}`)).status).not.toBe(400);
    const json = { headers: { "content-type": "application/json" } };
    expect((await api.ask("DELETE", "/v1/identities/acme/u1/grants/1", json)).status).not.toBe(400);
  });

  test.each([
    "2027-02-31T00:00:00Z",
    "2027-13-01T00:00:00Z",
    "9999-12-31T23:59:59-23:00",
    "0000-06-01T00:00:00Z",
    "2027-01-01",
  ])("a grant until %s: 400", async (until) => {
    const body = { role: "r1", reason: "on call", until };
    const answer = await api.ask("POST", "/v1/identities/acme/u1/grants", { body });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("body/until")]);
  });

  test("a grant whose reason says nothing: 400", async () => {
    const answer = await api.ask("POST", "/v1/identities/acme/u1/grants", { body: { role: "r1", reason: " " } });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("body/reason")]);
  });

  test("an address that is not there: 404", async () => {
    expect((await api.ask("GET", "/v1/nothing")).status).toBe(404);
  });

  test.each(["%zz", "%ff", "%", "%c3", "a%2", "%ed%a0%80"])(
    "an address with %j: 400, wherever it stands",
    async (odd) => {
      const detail = "the address is not percent-encoded UTF-8; `%` itself is written `%25`";
      for (const address of [`/${odd}`, `?username=${odd}`, `?${odd}=a`, `?username=a&limit=1&email=${odd}`]) {
        const answer = await api.ask("GET", `/v1/identities/acme${address}`);
        expect([address, answer.status, answer.json]).toEqual([address, 400, expect.objectContaining({ detail })]);
      }
    },
  );

  test.each([
    ["a+b", "a b"],
    ["%2B", "+"],
    ["%25", "%"],
    ["%C3%BC%20%F0%9F%91%A9", "ü 👩"],
    ["a?b", "a?b"],
  ])("a query with %s is read as %j", async (written, username) => {
    const answer = await api.ask("GET", `/v1/identities/acme?username=${written}`);
    expect([answer.status, api.listed.at(-1)]).toEqual([200, username]);
  });

  test("what an identity provider says of an error in another encoding keeps nobody from the application", async () => {
    const answer = await api.ask("GET", "/v1/login/acme/callback?error=access_denied&error_description=acc%E8s");
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "https://app.example/?error=access_denied"]);
    // Afterwards nobody could tell what became of it.
    expect(api.told).toEqual([expect.stringMatching(/"answered".*"status":303.*"source":"acme","result":"refused"/)]);
  });

  test.each([
    "/v1/identities/acme/%00",
    "/v1/identities/acme/u1%00/grants",
    "/v1/identities/acme?username=a%00",
    "/v1/login/acme/start?returnTo=https%3A%2F%2Fa.example&state=%00",
  ])("NUL in %s: 400, and nobody is asked", async (path) => {
    const answer = await api.ask("GET", path);
    expect([answer.status, answer.json]).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringMatching(/NUL/) }),
    ]);
    expect(api.asked).toEqual([]);
  });

  const raw = async (text: string): Promise<string> => {
    const { hostname, port } = new URL(api.url);
    const socket = connect({ host: hostname, port: Number(port) });
    let received = "";
    socket
      .on("error", () => undefined)
      .on("data", (data: Buffer) => {
        received += data.toString();
      });
    socket.write(text);
    await once(socket, "close");
    return received;
  };

  test("a client that sends its body drop by drop is cut off", async () => {
    expect(
      await raw(
        `POST /v1/login HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n{"source"`,
      ),
    ).toMatch(/^HTTP\/1\.1 408 [\s\S]*\r\nx-request-id: [\w-]{36}\r\n/);
    expect(api.asked).toEqual([]);
  });

  test("a client that never ends its headers is cut off", async () => {
    expect(await raw("POST /v1/login HTTP/1.1\r\nHost: a\r\nX-A: b")).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("what OAuth clients send beside a token is ignored", async () => {
    const body = new URLSearchParams({ token: "t", client_id: "portal" }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    expect((await api.ask("POST", "/v1/introspect", { body, headers })).status).toBe(200);
  });

  test("two keys: 401, for a proxy may have looked at the other one", async () => {
    const body = JSON.stringify({ ...GOOD, tokens: false });
    const ask = (...keys: readonly string[]) =>
      raw(
        `POST /v1/login HTTP/1.1\r\nHost: a\r\n${keys.map((key) => `Authorization: Bearer ${key}\r\n`).join("")}` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
    const answers = [await ask(KEY), await ask(KEY, "usk_other"), await ask("usk_other", KEY), await ask(KEY, KEY)];
    expect(answers.map((answer) => answer.slice(9, 12))).toEqual(["200", "401", "401", "401"]);
  });

  test("what is expected beyond `100-continue`: 417, and the log is told", async () => {
    const body = JSON.stringify({ ...GOOD, tokens: false });
    const expecting = (what: string) =>
      raw(
        `POST /v1/login HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${KEY}\r\nExpect: ${what}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
    expect(await expecting("foo")).toMatch(/^HTTP\/1\.1 417 [\s\S]*application\/problem\+json/);
    expect(api.asked).toEqual([]);
    expect(api.told).toEqual([expect.stringMatching(/"answered".*"route":"\/v1\/login".*"status":417/)]);
    expect(await expecting("100-continue")).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    expect(api.asked.length).toBe(1);
  });

  test("a flood of headers: 431", async () => {
    const flood = Array.from({ length: 2_000 }, (_, i) => `X-${i}: ${"y".repeat(10)}`).join("\r\n");
    expect(await raw(`GET /v1/identities/acme HTTP/1.1\r\nHost: a\r\n${flood}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("a length that lies, and two of them: 400", async () => {
    const head = `POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n`;
    expect(await raw(`${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(`${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`)).toMatch(/^HTTP\/1\.1 400 /);
  });
});
