import type { FastifyInstance } from "fastify";
import type { ApiServices } from "./ports";
import { PROBLEMS } from "./schemas";

/** What describes the API itself, for everybody: nothing of it is secret. */
export function documentRoutes(app: FastifyInstance, services: () => Promise<ApiServices>): void {
  app.get("/.well-known/jwks.json", {
    schema: {
      operationId: "getKeys",
      summary: "The keys that sign tokens (RFC 7517)",
      tags: ["sessions"],
      response: {
        200: {
          description: "New ones stand here a day before they sign",
          content: {
            "application/jwk-set+json": {
              schema: {
                type: "object",
                required: ["keys"],
                properties: { keys: { type: "array", items: { type: "object" } } },
              },
            },
          },
        },
        503: PROBLEMS[503],
      },
    },
    handler: async (_request, reply) => {
      const keys = await (await services()).publishedKeys();
      return reply
        .header("cache-control", "public, max-age=300")
        .type("application/jwk-set+json")
        .send(JSON.stringify(keys));
    },
  });

  app.get("/v1/openapi.json", { schema: { hide: true } }, async (_request, reply) =>
    reply.header("cache-control", "public, max-age=300").send(app.swagger()),
  );
}
