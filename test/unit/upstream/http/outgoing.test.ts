import { DIRECT, readOutgoing } from "../../../../src/upstream/http/outgoing";
import { CERTIFICATE } from "../../../support/untrusted-certificate";

const HTTPS = new URL("https://api.acme.example");
const HTTP = new URL("http://api.acme.example");

test.each([
  ["none", {}, null, null],
  ["one that is empty", { HTTPS_PROXY: " " }, null, null],
  ["one for https", { HTTPS_PROXY: "http://proxy:3128" }, "HTTPS_PROXY", null],
  ["one for http", { http_proxy: "http://proxy:3128" }, null, "http_proxy"],
  ["one for both", { ALL_PROXY: "socks5://proxy" }, "ALL_PROXY", "ALL_PROXY"],
  ["several", { all_proxy: "a", HTTP_PROXY: "b", https_proxy: "c" }, "https_proxy", "HTTP_PROXY"],
])("a proxy is known by the variable that names it: %s", (_, env, forHttps, forHttp) => {
  const { proxyFor } = readOutgoing(env, null);
  expect([proxyFor(HTTPS), proxyFor(HTTP)]).toEqual([forHttps, forHttp]);
});

test("certificates are always checked, by whom Node trusts unless somebody is named beside them", () => {
  expect(readOutgoing({}, null).tls).toEqual({ rejectUnauthorized: true });
  expect(DIRECT.tls).toEqual({ rejectUnauthorized: true });
  expect(readOutgoing({}, CERTIFICATE).tls).toEqual({ rejectUnauthorized: true, secureContext: expect.anything() });
});
