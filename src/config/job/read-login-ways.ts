import type { BrowserWay, LoginPolicy, PasswordWay, TokenWay } from "../../domain/login";
import type { Variables } from "../variables";
import type { Entry } from "../yaml/entry";
import { readCertificates } from "./read-certificates";
import { readHttpWay } from "./read-http-way";
import { readCallback, readEndpoint, readReturnAddresses } from "./read-login-addresses";
import { readSubject } from "./read-login-expressions";
import { readDuration } from "./read-policies";

/** `password:`, `token:` and `browser:` of `login:`: how the customer's system is asked. */
export function readLoginWays(
  login: Entry,
  variables: Variables,
  source: string,
): Pick<LoginPolicy, "password" | "token" | "browser"> {
  return {
    password: readPassword(login.get("password"), variables),
    token: readToken(login.get("token"), variables),
    browser: readBrowser(login.get("browser"), variables, source),
  };
}

function readPassword(way: Entry | null, variables: Variables): PasswordWay | null {
  const kind = way?.get("kind")?.text();
  if (way === null || (kind !== "http" && kind !== "oauth2-password")) return null;
  if (kind === "http") return readHttpWay(way, ["login", "password"], variables);
  return {
    kind,
    tokenUrl: readEndpoint(way.get("tokenUrl"), variables),
    clientId: variables.text(way.get("clientId")),
    clientSecret: secretOrNull(way.get("clientSecret"), variables),
    send: readSend(way),
    scope: readScope(way.get("scope"), variables),
    subject: readSubject(way),
  };
}

function readToken(way: Entry | null, variables: Variables): TokenWay | null {
  const text = (name: string) => variables.text(way?.get(name) ?? null);
  const kind = way?.get("kind")?.text();
  switch (way === null ? null : kind) {
    case "http":
      return way === null ? null : readHttpWay(way, ["token"], variables);
    case "oidc":
      return {
        kind: "oidc",
        issuer: readEndpoint(way?.get("issuer") ?? null, variables),
        audience: text("audience"),
        clients: way?.get("clients")?.isList ? listOf(way.get("clients"), variables) : null,
        keysFor: readDuration(way?.get("keysFor") ?? null, "24h", { least: "1m" }),
        subject: readSubject(way),
      };
    case "introspection":
      return {
        kind: "introspection",
        url: readEndpoint(way?.get("url") ?? null, variables),
        clientId: text("clientId"),
        clientSecret: variables.secret(way?.get("clientSecret") ?? null),
        send: readSend(way),
        subject: readSubject(way),
      };
    case "jwt":
      return readJwt(way, variables);
    case "saml":
      return {
        kind: "saml",
        issuer: text("issuer"),
        certificates: readCertificates(way?.get("certificate") ?? null, variables),
        audience: text("audience"),
        recipient: readEndpoint(way?.get("recipient") ?? null, variables),
        subject: readSubject(way),
      };
    default:
      return null;
  }
}

/** Bytes of the hash, and with that of the shortest key that is as good as it (RFC 7518, 3.2). */
const KEY_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const;

function readJwt(way: Entry | null, variables: Variables): TokenWay {
  const entry = way?.get("secret") ?? null;
  const key = variables.secret(entry);
  const written = way?.get("algorithm")?.text();
  const algorithm = written === "HS384" || written === "HS512" ? written : "HS256";
  const bytes = Buffer.byteLength(key.reveal());
  if (entry !== null && bytes > 0 && !key.reveal().includes("${") && bytes < KEY_BYTES[algorithm])
    entry.report({
      message: `the key has ${bytes} bytes; \`${algorithm}\` needs ${KEY_BYTES[algorithm]} at least, or it can be guessed`,
    });
  return {
    kind: "jwt",
    algorithm,
    key,
    issuer: variables.text(way?.get("issuer") ?? null),
    audience: variables.text(way?.get("audience") ?? null),
    once: way?.get("once")?.boolean() ?? false,
    subject: readSubject(way),
  };
}

function readBrowser(way: Entry | null, variables: Variables, source: string): BrowserWay | null {
  if (way === null || way.get("kind")?.text() !== "oidc") return null;
  const scopes = (readScope(way.get("scope"), variables) ?? "").split(/\s+/).filter((scope) => scope !== "");
  return {
    kind: "oidc",
    issuer: readEndpoint(way.get("issuer"), variables),
    clientId: variables.text(way.get("clientId")),
    clientSecret: secretOrNull(way.get("clientSecret"), variables),
    scope: [...new Set(["openid", ...scopes])].join(" "),
    callback: readCallback(way.get("callback"), variables, source),
    returnTo: readReturnAddresses(way.get("returnTo"), variables),
    subject: readSubject(way),
  };
}

const readSend = (way: Entry | null): "basic" | "body" => (way?.get("send")?.text() === "body" ? "body" : "basic");

const secretOrNull = (entry: Entry | null, variables: Variables) => (entry === null ? null : variables.secret(entry));

const listOf = (entry: Entry | null, variables: Variables): readonly string[] =>
  (entry?.items() ?? []).map((item) => variables.text(item));

function readScope(entry: Entry | null, variables: Variables): string | null {
  const scope = entry?.isList ? listOf(entry, variables).join(" ") : variables.text(entry);
  return scope === "" ? null : scope;
}
