/** The API over HTTP with a house that answers as told, for what is decided before the house is asked. */
import type { Caller } from "../../src/domain/api";
import { type Log, silentLog } from "../../src/domain/log";
import type { LoginAnswer } from "../../src/domain/login";
import type { ApiServices } from "../../src/http/api/ports";
import { createHttpServer, type HttpServer } from "../../src/http/create-http-server";
import { createRunMetrics } from "../../src/http/run-metrics";

export const KEY = `usk_${"k".repeat(43)}`;
export const CALLER: Caller = {
  id: 1,
  name: "portal",
  sources: ["acme"],
  scopes: ["login", "introspect", "identities", "grants"],
};

export const SUBJECT = {
  source: "acme",
  key: "u1",
  id: "7",
  username: "ada",
  displayName: "Ada",
  email: null,
  roles: [{ key: "r1", name: "Reader", org: null, origin: "upstream" as const, expiresAt: null }],
  permissions: [{ key: "p1", name: "read", via: ["r1"] }],
  organizations: [{ key: "o1", name: "Sales", path: ["Acme", "Sales"] }],
};

export const ACCEPTED: LoginAnswer = {
  result: "accepted",
  basis: "live",
  asOf: "2026-11-27T00:00:00.000Z",
  ageSeconds: 0,
  upstream: { state: "up", afterMs: 12 },
  subject: SUBJECT,
  passwordChangedAt: null,
};

export const TOKENS = {
  tokenType: "Bearer" as const,
  accessToken: "a.b.c",
  expiresIn: 300,
  refreshToken: "next",
  refreshExpiresIn: 43_200,
};

const unexpected = (): never => {
  throw new Error("the house was asked although it should not be");
};

/** Knows one key; everything else it is not told how to answer is a bug. */
export function houseOf(own: Partial<ApiServices>): ApiServices {
  return {
    findCaller: async (key) => (key === KEY ? CALLER : null),
    login: unexpected,
    sessions: { open: unexpected, renew: unexpected, end: unexpected, introspect: unexpected },
    publishedKeys: unexpected,
    identity: unexpected,
    identities: unexpected,
    grants: unexpected,
    grantRole: unexpected,
    revokeGrant: unexpected,
    startSignIn: unexpected,
    finishSignIn: unexpected,
    ...own,
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly type: string;
  readonly text: string;
  readonly json: unknown;
}

export interface ApiServer extends HttpServer {
  ask(method: string, path: string, request?: AskOptions): Promise<Answer>;
}

export interface AskOptions {
  /** Sent as JSON, unless it is text or bytes. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null sends none. */
  readonly key?: string | null;
}

export async function startApi(
  services: () => Promise<ApiServices>,
  { log = silentLog, arrival }: { readonly log?: Log; readonly arrival?: number } = {},
): Promise<ApiServer> {
  const metrics = createRunMetrics({
    facts: async () => ({ sources: [], queue: { waiting: 0, active: 0, delayed: 0 } }),
  });
  const server = await createHttpServer({
    host: "127.0.0.1",
    port: 0,
    log,
    metrics,
    api: services,
    ...(arrival === undefined ? {} : { arrival }),
    readiness: async () => ({ ready: true, parts: [] }),
  });
  return { ...server, ask: (method, path, request) => ask(server.url, method, path, request) };
}

export async function ask(url: string, method: string, path: string, request: AskOptions = {}): Promise<Answer> {
  const { body, headers = {}, key = KEY } = request;
  const isRaw = typeof body === "string" || body instanceof Uint8Array || body instanceof URLSearchParams;
  const response = await fetch(url + path, {
    method,
    redirect: "manual",
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined || body instanceof URLSearchParams ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  return {
    status: response.status,
    headers: response.headers,
    type,
    text,
    json: type.includes("json") && text !== "" ? JSON.parse(text) : null,
  };
}
