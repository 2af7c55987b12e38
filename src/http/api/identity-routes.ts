import type { FastifyInstance } from "fastify";
import { callerFor } from "./authenticate";
import type { ApiServices } from "./ports";
import { Problem } from "./problems";
import { closedObject, IDENTITIES_ANSWER, IDENTITIES_QUERY, IDENTITY_ANSWER, KEY, PROBLEMS, SOURCE } from "./schemas";

interface ListQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly username?: string;
  readonly email?: string;
}

/** Who somebody is, and lists of people, from the mirror. */
export function identityRoutes(app: FastifyInstance, services: () => Promise<ApiServices>): void {
  app.get<{ Params: { readonly source: string; readonly key: string } }>("/v1/identities/:source/:key", {
    config: { scope: "identities" },
    schema: {
      operationId: "getIdentity",
      summary: "One person: who, what they may do, where they belong",
      tags: ["identities"],
      security: [{ key: [] }],
      params: closedObject({ source: SOURCE, key: KEY }, ["source", "key"]),
      response: { 200: IDENTITY_ANSWER, ...PROBLEMS },
    },
    handler: async (request) => {
      const { source, key } = request.params;
      callerFor(request, source);
      return (await services()).identity(source, key);
    },
  });

  app.get<{ Params: { readonly source: string }; Querystring: ListQuery }>("/v1/identities/:source", {
    config: { scope: "identities" },
    schema: {
      operationId: "listIdentities",
      summary: "The people of a source, page by page",
      description: 'Follow `Link: <...>; rel="next"` until there is none.',
      tags: ["identities"],
      security: [{ key: [] }],
      params: closedObject({ source: SOURCE }, ["source"]),
      querystring: IDENTITIES_QUERY,
      response: { 200: IDENTITIES_ANSWER, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { source } = request.params;
      const { limit, cursor, username = null, email = null } = request.query;
      callerFor(request, source);
      const after = cursor === undefined ? null : readCursor(cursor);
      const page = await (await services()).identities({ source, after, limit, username, email });
      if (page.next !== null) {
        const next = new URLSearchParams({ limit: String(limit), cursor: cursorOf(page.next) });
        if (username !== null) next.set("username", username);
        if (email !== null) next.set("email", email);
        // A query alone (RFC 8288, RFC 3986), for only the caller knows by which name and path it reached us.
        reply.header("link", `<?${next}>; rel="next"`);
      }
      return { items: page.identities };
    },
  });
}

/** Opaque to callers. */
const cursorOf = (key: string): string => Buffer.from(key).toString("base64url");

function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, "base64url").toString();
  if (key === "" || key.includes("\0") || cursorOf(key) !== cursor)
    throw new Problem(400, "querystring/cursor is none of ours");
  return key;
}
