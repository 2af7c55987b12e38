import { AssertionError } from "node:assert";
import { Failure } from "../../../../src/domain/errors";
import { ConnectError } from "../../../../src/upstream/http/connect-error";
import { DEFAULT_LIMITS } from "../../../../src/upstream/http/limits";
import { networkFailure } from "../../../../src/upstream/http/network-failure";

const URL = "https://api.acme.example/v2/users";
const coded = (code: string | null, message = "said by Node", more: object = {}): Error =>
  Object.assign(new Error(message), code === null ? {} : { code }, more);
const told = (error: unknown, proxy: string | null = null): unknown =>
  networkFailure(error, { shown: URL, limits: DEFAULT_LIMITS, proxy });
const toldOfConnecting = (error: Error): unknown => told(new ConnectError(error));

// What Node makes of OpenSSL's verdicts (`X509_V_ERR_…`), and a few that it has no word for.
const CERTIFICATE_CODES = [
  ...["UNSPECIFIED", "UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "CERT_SIGNATURE_FAILURE"],
  ...["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED", "ERROR_IN_CERT_NOT_BEFORE_FIELD", "ERROR_IN_CERT_NOT_AFTER_FIELD"],
  ...["CRL_HAS_EXPIRED", "OUT_OF_MEM", "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN"],
  ...["CERT_CHAIN_TOO_LONG", "CERT_REVOKED", "INVALID_CA", "PATH_LENGTH_EXCEEDED", "INVALID_PURPOSE"],
  ...["CERT_UNTRUSTED", "CERT_REJECTED", "HOSTNAME_MISMATCH", "EMAIL_MISMATCH", "EE_KEY_TOO_SMALL", "A_NEW_ONE"],
];

test.each(CERTIFICATE_CODES)("%s while connecting is a certificate that was refused", (code) => {
  expect(toldOfConnecting(coded(code))).toMatchObject({
    code: "UPS007",
    message: `${URL} has a TLS certificate that cannot be trusted, or speaks no TLS (${code}: said by Node)`,
    data: { cause: code },
  });
});

test.each([
  ["ERR_TLS_CERT_ALTNAME_INVALID", "does not match", {}, "ERR_TLS_CERT_ALTNAME_INVALID: does not match"],
  ["UNABLE_TO_VERIFY", "no way; if the root CA is installed", {}, "UNABLE_TO_VERIFY: no way"],
  ["ERR_SSL_BAD", "80:error:0A0:ssl.c:350:\n", { reason: "wrong version number" }, "ERR_SSL_BAD: wrong version number"],
  ["EPROTO", "write EPROTO 80:error:0A0:ssl.c:350:\n", {}, "EPROTO"],
])("of %s the sentence alone is told", (code, message, more, expected) => {
  expect(toldOfConnecting(coded(code, message, more))).toMatchObject({
    code: "UPS007",
    message: expect.stringContaining(`(${expected})`),
  });
});

test("a certificate for hundreds of names is no long message", () => {
  const { message } = toldOfConnecting(coded("ERR_TLS_CERT_ALTNAME_INVALID", "DNS:a.example, ".repeat(500))) as Failure;
  expect(message.length).toBeLessThan(400);
  expect(message).toMatch(/…\)$/);
});

test.each([
  ["ECONNREFUSED", "the connection was refused"],
  ["ECONNRESET", "broke the connection off"],
  ["ENOTFOUND", "its host name is unknown (DNS)"],
  ["EAI_AGAIN", "the name service (DNS) does not answer"],
  ["EAI_FAIL", "could not be reached (EAI_FAIL)"],
  ["EADDRNOTAVAIL", "could not be reached (EADDRNOTAVAIL)"],
  ["ERR_INVALID_IP_ADDRESS", "could not be reached (ERR_INVALID_IP_ADDRESS)"],
  [null, "could not be reached"],
])("%s while connecting is a system out of reach", (code, said) => {
  expect(toldOfConnecting(coded(code))).toMatchObject({ code: "UPS001", message: expect.stringContaining(said) });
});

test.each(["UND_ERR_CONNECT_TIMEOUT", "ETIMEDOUT"])("%s is too slow", (code) => {
  expect(toldOfConnecting(coded(code))).toMatchObject({ code: "UPS002" });
});

test.each(["ENOTFOUND", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"])(
  "of %s the fix names a proxy that is not used",
  (code) => {
    expect(told(new ConnectError(coded(code)), "HTTPS_PROXY")).toMatchObject({
      fix: "HTTPS_PROXY is set, and is not used: connections are direct; check `baseUrl` and the network, or wait until the customer's system is back",
    });
  },
);

test("a proxy has nothing to do with somebody who answers", () => {
  for (const code of ["UND_ERR_BODY_TIMEOUT", "CERT_HAS_EXPIRED", "HPE_INVALID_CONSTANT"])
    expect((told(new ConnectError(coded(code)), "HTTPS_PROXY") as Failure).fix).not.toContain("PROXY");
});

test("what the HTTP client stumbles over is not HTTP", () => {
  const stumbled = new AssertionError({ message: "statusCode >= 100" });
  expect(told(stumbled)).toMatchObject({
    code: "UPS001",
    message: expect.stringContaining("something that is not HTTP"),
  });
});

test("TLS that ends after connecting is told as TLS", () => {
  const code = "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED";
  expect(told(coded(code))).toMatchObject({ code: "UPS007" });
});

test("a refused address stays what it is, and what is no trouble of a connection a bug", () => {
  const refused = new Failure("UPS006", "an address that is not public");
  expect(told(refused)).toBe(refused);
  for (const bug of [new TypeError("of ours"), coded("INVALID_PURPOSE"), coded("ERR_INVALID_ARG_TYPE")])
    expect(told(bug)).toBe(bug);
});
