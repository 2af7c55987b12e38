import type { LoginJob } from "../../domain/job";
import type { Credential, LoginRequest } from "../../domain/login";
import { isStorable } from "../../domain/storable";
import { basic } from "../auth/authenticate";
import type { HttpRequest } from "../http/http-client";
import { absolute, leadsElsewhere } from "../http/request-url";

export interface FilledRequest {
  readonly request: HttpRequest;
  /** Whether the job's own account goes with it: only to the job's own origin, and not where the person's credential stands. */
  readonly takesAccount: boolean;
}

type Values = Readonly<Record<string, string>>;

/**
 * The request that asks about a credential; about nobody's when that is null, which has no body. Null when the credential
 * cannot be sent so: it is nobody's.
 */
export function buildLoginRequest(
  job: LoginJob,
  spec: LoginRequest,
  credential: Credential | null,
): FilledRequest | null {
  const values = valuesOf(credential);
  if (!Object.values(values).every(isStorable)) return null;
  const base = new URL(job.baseUrl);
  const address = absolute(base, spec.path);
  const filled = fill(address, values, encodeURIComponent);
  if (leadsElsewhere(filled)) return null;
  const url = new URL(filled);
  for (const [name, value] of Object.entries(spec.query)) url.searchParams.set(name, fill(value, values));

  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(spec.headers)) headers[name.toLowerCase()] = fill(value, values);
  if (spec.basic && credential?.kind === "password") {
    // The first colon ends the name (RFC 7617): such a one would be somebody else's, with another password.
    if (credential.login.includes(":")) return null;
    headers.authorization = basic(credential.login, credential.password);
  }
  if (!Object.values(headers).every(isSendable)) return null;

  const shown = address.split("?")[0] ?? address;
  const takesAccount = url.origin === base.origin && headers.authorization === undefined;
  if (credential === null || spec.body === null)
    return { request: { method: spec.method, url, shown, headers, isPersonal: true }, takesAccount };
  const { as, values: fields } = spec.body;
  return {
    request: {
      method: spec.method,
      url,
      shown,
      isPersonal: true,
      headers: { "content-type": CONTENT_TYPES[as], ...headers },
      body: as === "json" ? JSON.stringify(fillAll(fields, values)) : formOf(fields, values),
    },
    takesAccount,
  };
}

const CONTENT_TYPES = { json: "application/json", form: "application/x-www-form-urlencoded" } as const;

function valuesOf(credential: Credential | null): Values {
  if (credential === null) return { login: "nobody", password: "", token: "" };
  return credential.kind === "password"
    ? { login: credential.login, password: credential.password }
    : { token: credential.token };
}

/** In one go, so that what is filled in is never read as a template. */
const fill = (text: string, values: Values, encode = (value: string): string => value): string =>
  text.replace(/(?<!\$)\{(login|password|token)\}/g, (_, name: string) => encode(values[name] ?? ""));

function fillAll(value: unknown, values: Values): unknown {
  if (typeof value === "string") return fill(value, values);
  if (Array.isArray(value)) return value.map((item) => fillAll(item, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fillAll(inner, values)]));
}

const formOf = (fields: Readonly<Record<string, unknown>>, values: Values): string =>
  new URLSearchParams(
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, fill(String(value), values)])),
  ).toString();

/** What a header may hold (RFC 9110, 5.5), Latin letters beyond ASCII left out: nobody agrees on them. */
const isSendable = (value: string): boolean => /^[\x20-\x7e\t]*$/.test(value);
