import type { FastifyInstance } from "fastify";
import type { StartedSignIn } from "../../domain/live-check";
import type { ApiServices } from "./ports";
import { closedObject, PROBLEMS, SENT_ON, SOURCE, START_QUERY } from "./schemas";

interface StartQuery {
  readonly returnTo: string;
  readonly state?: string;
  readonly codeChallenge?: string;
}

const COOKIE = "understudy_sign_in";
const TEN_MINUTES = 600;

/**
 * Sign-in by browser: it is sent to the customer's identity provider, from there back to us, and from us back to the
 * application with a code that only an application with a key can use. A browser has no key; it learns nothing here.
 */
export function browserRoutes(app: FastifyInstance, services: () => Promise<ApiServices>): void {
  const params = closedObject({ source: SOURCE }, ["source"]);

  app.get<{ Params: { readonly source: string }; Querystring: StartQuery }>("/v1/login/:source/start", {
    exposeHeadRoute: false,
    schema: {
      operationId: "startSignIn",
      summary: "Begin a sign-in by browser",
      tags: ["browser"],
      description: "Send the browser here; it comes back to `returnTo` with `code` and `state`, or with `error`.",
      params,
      querystring: START_QUERY,
      response: { 303: SENT_ON, 400: PROBLEMS[400], 404: PROBLEMS[404], 503: PROBLEMS[503] },
    },
    handler: async (request, reply) => {
      const { source } = request.params;
      const { returnTo, state = null, codeChallenge: challenge = null } = request.query;
      const browser = cookieOf(request.headers.cookie);
      const started = await (await services()).startSignIn({ source, returnTo, state, challenge, browser });
      return reply.header("set-cookie", cookie(started, TEN_MINUTES)).redirect(started.url, 303);
    },
  });

  app.get<{ Params: { readonly source: string } }>("/v1/login/:source/callback", {
    // Something that only looks at an address, as a preview does, must not use up what is good once.
    exposeHeadRoute: false,
    schema: {
      operationId: "finishSignIn",
      summary: "Where the identity provider sends the browser back to",
      tags: ["browser"],
      params,
      response: { 303: SENT_ON, 400: PROBLEMS[400], 404: PROBLEMS[404], 503: PROBLEMS[503] },
    },
    handler: async (request, reply) => {
      const query = new URLSearchParams(request.url.split("?").slice(1).join("?"));
      const browser = cookieOf(request.headers.cookie);
      const { source } = request.params;
      const { address, outcome, reason } = await (await services()).finishSignIn(source, query, browser);
      request.told = { source, result: outcome, ...(reason === null ? {} : { reason }) };
      return reply.redirect(address, 303);
    },
  });
}

/** Browsers send a `Secure` cookie over plain HTTP to `localhost` alone. */
const cookie = ({ browser, path }: StartedSignIn, seconds: number): string =>
  `${COOKIE}=${browser}; Path=${path}; Max-Age=${seconds}; HttpOnly; Secure; SameSite=Lax`;

function cookieOf(header: string | undefined): string | null {
  const found = header?.split(/; */).find((one) => one.startsWith(`${COOKIE}=`));
  return found?.slice(COOKIE.length + 1) ?? null;
}
