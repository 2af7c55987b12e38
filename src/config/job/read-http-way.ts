import type { HttpWay, LoginRequest } from "../../domain/login";
import { listed, suggestion } from "../../domain/suggest";
import { isCredentialHeader, reportLiteral } from "../refuse-literal";
import type { Variables } from "../variables";
import type { Entry } from "../yaml/entry";
import { CREDENTIAL_PARAMETER } from "../yaml/mask-secrets";
import { warnOfPlainHttp } from "./read-login-addresses";
import { readExpression, readSubject } from "./read-login-expressions";
import { isOwnHeader, readHeaderValue } from "./read-policies";

type Template = "login" | "password" | "token";

/**
 * `kind: http`: an endpoint of the customer's own.
 *
 * @param templates what was brought, all of which must be sent
 */
export function readHttpWay(way: Entry, templates: readonly Template[], variables: Variables): HttpWay {
  const disabled = way.get("disabled");
  return {
    kind: "http",
    request: readLoginRequest(way, templates, variables),
    success: readExpression(way.get("success")),
    refused: readExpression(way.get("refused")),
    disabled: disabled === null ? null : readExpression(disabled),
    subject: readSubject(way),
  };
}

function readLoginRequest(way: Entry, templates: readonly Template[], variables: Variables): LoginRequest {
  const used = new Set<Template>();
  /** Texts in which templates may stand, with those that may not be there and why. */
  const read = (entry: Entry, allowed: readonly Template[], because: string): string => {
    for (const found of templatesIn(entry, templates, allowed, because)) used.add(found);
    return variables.text(entry);
  };
  const named = templates.filter((template) => template === "login");
  const inAddress = (entry: Entry) =>
    read(entry, named, "would stand in an address, which every server on the way logs");
  const inHeader = (entry: Entry) =>
    read(
      entry,
      templates.includes("token") ? ["token"] : [],
      "cannot stand in a header: use `basic: true`, `json` or `form`",
    );
  const inBody = (entry: Entry) => read(entry, templates, "");

  const [method, address] = readAddress(way);
  const path = address === null ? "/" : inAddress(address);
  if (address !== null) checkPath(address, path);
  const basic = way.get("basic")?.boolean() === true;
  if (basic) for (const template of ["login", "password"] as const) used.add(template);
  const request: LoginRequest = {
    method,
    path,
    basic,
    query: fields(way.get("query"), inAddress),
    headers: readHeaders(way.get("headers"), inHeader),
    body: readBody(way, method, inBody),
  };
  const missing = templates.filter((template) => !used.has(template)).map((template) => `{${template}}`);
  if (missing.length > 0)
    way.report({
      message: `nothing sends ${listed(missing)}, so the answer could not depend on ${missing.length === 1 ? "it" : "them"}`,
      hint: templates.includes("token")
        ? 'e.g. `headers: { Authorization: "Bearer {token}" }`'
        : "add `json`, `form` or `basic: true`",
      atKey: true,
    });
  return request;
}

function readAddress(way: Entry): readonly [LoginRequest["method"], Entry | null] {
  const [post, get] = [way.get("post"), way.get("get")];
  if (post === null && get === null)
    way.report({
      code: "CFG004",
      message: "`post` is missing: nothing says which endpoint is asked",
      hint: "e.g. `post: /login`",
      atKey: true,
    });
  if (post !== null && get !== null) get.report({ message: "`post` and `get` cannot both be said", atKey: true });
  return post === null ? ["GET", get] : ["POST", post];
}

function checkPath(entry: Entry, path: string): void {
  if (path.startsWith("${") || path === "") return;
  const origin = /^https?:\/\/[^/?]*/i.exec(path)?.[0];
  if (origin === undefined && !path.startsWith("/"))
    entry.report({ message: `\`${entry.name}\` must be a path that begins with \`/\`, or an address with https://` });
  else if (origin?.includes("{") || (origin !== undefined && !URL.canParse(origin)))
    entry.report({ code: "CFG009", message: "what was typed cannot say which server is asked" });
  else if (origin !== undefined) warnOfPlainHttp(entry, origin);
}

function readHeaders(entry: Entry | null, read: (entry: Entry) => string): Readonly<Record<string, string>> {
  for (const header of entry?.entries() ?? []) {
    if (isOwnHeader(header.name))
      header.report({ message: `\`${header.name}\` is not a header that can be set`, atKey: true });
    else if (isCredentialHeader(header.name) && isLiteral(header)) reportLiteral(header);
  }
  return fields(entry, (header) => readHeaderValue(header, read(header)));
}

function readBody(way: Entry, method: LoginRequest["method"], read: (entry: Entry) => string): LoginRequest["body"] {
  const [json, form] = [way.get("json"), way.get("form")];
  if (json !== null && form !== null) form.report({ message: "`json` and `form` cannot both be sent", atKey: true });
  const body = json ?? form;
  if (body === null) return null;
  if (method === "GET")
    body.report({ message: `a GET has no body, so \`${body.name}\` cannot be sent`, hint: "use `post`", atKey: true });
  if (json !== null)
    return { as: "json", values: Object.fromEntries(json.entries().map((one) => [one.name, readValue(one, read)])) };
  for (const one of form?.entries() ?? []) refuseLiteral(one);
  return { as: "form", values: fields(form, read) };
}

function readValue(entry: Entry, read: (entry: Entry) => string): unknown {
  if (entry.isMap) return Object.fromEntries(entry.entries().map((one) => [one.name, readValue(one, read)]));
  if (entry.isList) return entry.items().map((one) => readValue(one, read));
  if (entry.text() === null) return entry.value;
  refuseLiteral(entry);
  return read(entry);
}

const fields = (entry: Entry | null, read: (entry: Entry) => string): Readonly<Record<string, string>> =>
  Object.fromEntries((entry?.entries() ?? []).map((one) => [one.name, read(one)]));

/** A text without template or variable. */
const isLiteral = (entry: Entry): boolean => !/[{]/.test(entry.written() ?? "");

function refuseLiteral(entry: Entry): void {
  if (CREDENTIAL_PARAMETER.test(entry.name) && isLiteral(entry)) reportLiteral(entry);
}

/** The templates in a text, in so far as they may stand there; others are reported. */
function templatesIn(
  entry: Entry,
  known: readonly Template[],
  allowed: readonly Template[],
  because: string,
): readonly Template[] {
  const found: Template[] = [];
  for (const match of (entry.written() ?? "").matchAll(/(?<!\$)\{([^{}]*)\}/g)) {
    const name = match[1] ?? "";
    const part = { index: match.index, length: match[0].length };
    const template = known.find((one) => one === name);
    if (template !== undefined && allowed.includes(template)) found.push(template);
    else if (template !== undefined) entry.report({ code: "CFG009", message: `\`{${name}}\` ${because}`, part });
    else if (/^\w*$/.test(name))
      entry.report({
        code: "CFG009",
        message: `\`{${name}}\` is not a template`,
        part,
        hint: suggestion(
          `{${name}}`,
          known.map((one) => `{${one}}`),
        ),
      });
  }
  return found;
}
