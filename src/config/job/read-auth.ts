import type { Auth } from "../../domain/job";
import type { Secret } from "../../domain/secret";
import { credentialsIn, reportParameter } from "../refuse-literal";
import type { Variables } from "../variables";
import { WEB, whyNoUrl } from "../why-no-url";
import type { Entry } from "../yaml/entry";
import { isOwnHeader } from "./read-policies";

/** `auth:` of a job file. Without it requests carry no proof. */
export function readAuth(entry: Entry | null, variables: Variables): Auth {
  const text = (name: string) => variables.text(entry?.get(name) ?? null);
  const secret = (name: string) => variables.secret(entry?.get(name) ?? null);
  const kind = entry?.get("kind")?.text();
  switch (kind) {
    case "basic":
      return { kind, username: readUsername(entry?.get("username") ?? null, variables), password: secret("password") };
    case "bearer":
      return { kind, token: readToken(entry?.get("token") ?? null, variables) };
    case "api-key": {
      const place = entry?.get("in")?.text() === "query" ? "query" : "header";
      const value = variables.secret(entry?.get("value") ?? null, true);
      return { kind, in: place, name: readKeyName(entry?.get("name") ?? null, place, variables), value };
    }
    case "oauth2": {
      const scopes = entry?.get("scope");
      const scope = scopes?.isList
        ? scopes
            .items()
            .map((item) => variables.text(item))
            .join(" ")
        : text("scope");
      return {
        kind,
        grant: "client-credentials",
        tokenUrl: readUrl(entry?.get("tokenUrl") ?? null, variables),
        clientId: text("clientId"),
        clientSecret: secret("clientSecret"),
        scope: scope === "" ? null : scope,
        audience: text("audience") || null,
        send: entry?.get("send")?.text() === "body" ? "body" : "basic",
      };
    }
    default:
      return { kind: "none" };
  }
}

/** `Bearer` is put before it. */
function readToken(entry: Entry | null, variables: Variables): Secret {
  const token = variables.secret(entry);
  if (/^bearer\s/i.test(token.reveal()))
    entry?.report({
      message: "the value of `token` begins with `Bearer`, which is sent before it anyway",
      hint: "set the variable to the token alone",
    });
  return token;
}

/** A header that the HTTP client sets itself, or none at all, would be refused by it, or lead a request astray. */
function readKeyName(entry: Entry | null, place: "header" | "query", variables: Variables): string {
  const name = variables.text(entry);
  if (place === "header" && name !== "" && !name.includes("${") && isOwnHeader(name))
    entry?.report({ message: `\`${name}\` is not a header that can be set` });
  return name;
}

/** The first colon ends the name (RFC 7617), so that what stands behind one would count as the password. */
function readUsername(entry: Entry | null, variables: Variables): string {
  const name = variables.text(entry);
  // A reference that could not be filled in has been told about.
  if (name.replaceAll(/\$\{[^}]*\}?/g, "").includes(":"))
    entry?.report({
      message:
        "`username` holds a colon, which ends the name in basic authentication: the rest would count as the password",
      hint: "what stands behind the colon mostly belongs under `password`",
    });
  return name;
}

/** An http(s) URL whose variables are filled in. It never holds a password, and its value never stands in a message. */
export function readUrl(entry: Entry | null, variables: Variables): string {
  const url = variables.text(entry);
  if (entry === null || url.includes("${")) return url;
  const wrong = whyNoUrl(url, WEB);
  if (wrong !== null) {
    entry.report({ message: `\`${entry.name}\` ${wrong.why}`, hint: wrong.hint });
    return url;
  }
  const parsed = new URL(url);
  const [credential] = entry.name === "baseUrl" ? credentialsIn(parsed.search) : [];
  if (parsed.username !== "" || parsed.password !== "") {
    entry.report({
      code: "CFG007",
      message: `\`${entry.name}\` holds a user or password`,
      hint: "say it under `auth`",
    });
  } else if (credential !== undefined) {
    reportParameter(entry, credential);
  } else if (entry.name === "baseUrl" && (parsed.search !== "" || parsed.hash !== "")) {
    entry.report({
      message: "`baseUrl` cannot hold a query or fragment",
      hint: "say it under `defaults: { query: … }`",
    });
  }
  return url;
}
