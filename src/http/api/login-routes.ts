import type { FastifyInstance } from "fastify";
import type { Accepted, Caller, Tokens } from "../../domain/api";
import type { Credential, LoginAnswer, LoginCall } from "../../domain/login";
import type { LoginMetrics } from "../login-metrics";
import { callerFor } from "./authenticate";
import type { ApiServices, CodeCall } from "./ports";
import { outOfReach } from "./problems";
import { LOGIN_ANSWER, LOGIN_BODY, PROBLEMS } from "./schemas";

interface LoginBody {
  readonly source: string;
  readonly login?: string;
  readonly password?: string;
  readonly token?: string;
  readonly code?: string;
  readonly codeVerifier?: string;
  readonly client?: { readonly address?: string };
  readonly tokens?: boolean;
}

type Answer = (Omit<Accepted, "passwordChangedAt"> & { readonly tokens?: Tokens }) | Exclude<LoginAnswer, Accepted>;

/** POST /v1/login: 200 for yes and for no, and 503 when nobody can say. */
export function loginRoutes(app: FastifyInstance, services: () => Promise<ApiServices>, metrics: LoginMetrics): void {
  app.post<{ Body: LoginBody }>("/v1/login", {
    config: { scope: "login" },
    schema: {
      operationId: "login",
      summary: "Check a login",
      description: "Asks the customer's system, and the mirror when that is out of reach. A refusal never says why.",
      tags: ["login"],
      security: [{ key: [] }],
      body: LOGIN_BODY,
      response: { 200: LOGIN_ANSWER, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { body } = request;
      const caller = callerFor(request, body.source);
      const began = performance.now();
      const answer = await letIn(await services(), callOf(body), caller, body.tokens !== false);
      metrics.login(body.source, answer, (performance.now() - began) / 1000);
      request.told = { source: body.source, result: answer.result, basis: "basis" in answer ? answer.basis : null };
      if (answer.result === "unavailable")
        throw outOfReach(answer.retryAfter, "neither the customer's system nor the mirror can say");
      return reply.send(answer);
    },
  });
}

async function letIn(
  services: ApiServices,
  call: LoginCall | CodeCall,
  caller: Caller,
  wantsTokens: boolean,
): Promise<Answer> {
  const found = await services.login(call);
  if (found.result !== "accepted") return found;
  // It binds a session, and is told to nobody.
  const { passwordChangedAt: _, ...answer } = found;
  if (!wantsTokens) return answer;
  const tokens = await services.sessions.open(found, caller);
  // Disabled or gone while the password was looked at.
  return tokens === null ? { result: "refused" } : { ...answer, tokens };
}

/** The schema has seen that exactly one way is taken. */
function callOf(body: LoginBody): LoginCall | CodeCall {
  const at = { source: body.source, client: { address: body.client?.address ?? null } };
  if (body.code !== undefined)
    return { ...at, credential: { kind: "code", code: body.code, verifier: body.codeVerifier ?? null } };
  const credential: Credential =
    body.token === undefined
      ? { kind: "password", login: body.login ?? "", password: body.password ?? "" }
      : { kind: "token", token: body.token };
  return { ...at, credential };
}
