/** Live checks for tests: over a job at any address, with what is remembered kept in memory. */
import type { Job } from "../../src/domain/job";
import { silentLog } from "../../src/domain/log";
import type {
  HttpWay,
  LiveOutcome,
  LoginPolicy,
  LoginRequest,
  PasswordWay,
  SubjectRule,
  TokenWay,
} from "../../src/domain/login";
import { loginExpressions } from "../../src/domain/login-expressions";
import type { Expression } from "../../src/domain/mapping";
import { type CompiledExpressions, compileExpressions } from "../../src/mapping/compile-expressions";
import { createLiveCheck, type LiveCheckOptions } from "../../src/upstream/login/create-live-check";
import type { IssuerMemory, RememberedIssuer, UsedTokens } from "../../src/upstream/login/ports";
import { jobAt } from "./upstream-job";
import type { Handler } from "./upstream-server";

export const expression = (text: string): Expression => ({ text, at: { file: "jobs/acme.yaml", line: 1, column: 1 } });
export const byKey = (text: string): SubjectRule => ({ by: "key", from: expression(text) });
export const byUsername = (text: string): SubjectRule => ({ by: "username", from: expression(text) });

export const alice = { login: "alice", password: "right" };
export const yes: LiveOutcome = { outcome: "accepted", key: "u1" };
export const no: LiveOutcome = { outcome: "refused" };
export const unavailable = (reason: string) => ({ outcome: "unavailable", reason });
export const indeterminate = (reason: string) => ({ outcome: "indeterminate", reason });

/** What a customer's system says to whoever asks. */
export const says =
  (status: number, body?: unknown, headers?: Record<string, string>): Handler =>
  () => ({ status, ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers }) });

/** POST /login with JSON; 200 is a yes, 401 a no, 423 a disabled person. */
export const httpWay = (request: Partial<LoginRequest> = {}, changes: Partial<HttpWay> = {}): HttpWay => ({
  kind: "http",
  request: {
    method: "POST",
    path: "/login",
    query: {},
    headers: {},
    basic: false,
    body: { as: "json", values: { login: "{login}", password: "{password}" } },
    ...request,
  },
  success: expression("status = 200"),
  refused: expression("status = 401"),
  disabled: expression("status = 423"),
  subject: byKey("body.id"),
  ...changes,
});

export const memory = (): IssuerMemory & { readonly kept: Map<string, RememberedIssuer> } => {
  const kept = new Map<string, RememberedIssuer>();
  return {
    kept,
    load: async (source, issuer) => kept.get(`${source} ${issuer}`) ?? null,
    save: async (source, issuer, remembered) => void kept.set(`${source} ${issuer}`, remembered),
  };
};

export const usedTokens = (): UsedTokens => {
  const used = new Set<string>();
  return { claim: async (source, id) => used.size !== used.add(`${source} ${id}`).size };
};

export interface Opened {
  readonly check: (credential: { login: string; password: string } | string) => Promise<unknown>;
  readonly live: ReturnType<typeof createLiveCheck>;
  readonly close: () => Promise<void>;
}

export interface OpenOptions extends Partial<LiveCheckOptions> {
  readonly deadline?: number;
  readonly jobChanges?: Partial<Job>;
}

/** Opens live checks for the tests of a file, and closes them after each. */
export function withLiveChecks(): typeof openLiveCheck {
  const open: Opened[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
  });
  return (...asked) => {
    const live = openLiveCheck(...asked);
    open.push(live);
    return live;
  };
}

export function openLiveCheck(
  baseUrl: string,
  ways: { password?: PasswordWay; token?: TokenWay },
  options: OpenOptions = {},
): Opened {
  const { deadline = 2_000, jobChanges = {}, ...rest } = options;
  const policy: Pick<LoginPolicy, "deadline" | "password" | "token"> = {
    deadline,
    password: null,
    token: null,
    ...ways,
  };
  const compiled: CompiledExpressions = compileExpressions(
    loginExpressions({ ...policy, browser: null }).map(({ text }) => text),
  );
  const live = createLiveCheck({
    job: jobAt(baseUrl, jobChanges),
    policy,
    log: silentLog,
    evaluate: ({ text }, input) => compiled.evaluate(text, input),
    findKey: async (_source, username) => (username.toLowerCase() === "alice" ? "u1" : null),
    issuers: memory(),
    used: usedTokens(),
    ...rest,
  });
  return {
    live,
    check: (brought) =>
      live.check(
        typeof brought === "string" ? { kind: "token", token: brought } : { kind: "password", ...brought },
        new AbortController().signal,
      ),
    async close() {
      await live.close();
      await compiled.close();
    },
  };
}
