import type { FastifyInstance } from "fastify";
import { callerFor } from "./authenticate";
import type { ApiServices } from "./ports";
import { Problem } from "./problems";
import { closedObject, GRANT_ANSWER, GRANT_BODY, GRANTS_ANSWER, KEY, PROBLEMS, SOURCE } from "./schemas";

interface Person {
  readonly source: string;
  readonly key: string;
}

interface GrantBody {
  readonly role: string;
  readonly org?: string;
  readonly until?: string;
  readonly reason: string;
}

const PERSON = closedObject({ source: SOURCE, key: KEY }, ["source", "key"]);
const CONFLICT = { 409: { ...PROBLEMS[404], description: "Granted already, or an end in the past" } };

/** Roles given here, which no synchronization takes away. */
export function grantRoutes(app: FastifyInstance, services: () => Promise<ApiServices>): void {
  const common = { tags: ["grants"], security: [{ key: [] }] };

  app.get<{ Params: Person }>("/v1/identities/:source/:key/grants", {
    config: { scope: "grants" },
    schema: {
      operationId: "listGrants",
      summary: "The local roles of a person",
      ...common,
      params: PERSON,
      response: { 200: GRANTS_ANSWER, ...PROBLEMS },
    },
    handler: async (request) => {
      const { source, key } = request.params;
      callerFor(request, source);
      const api = await services();
      const items = await api.grants({ source, user: key, all: false });
      // Grants of somebody who is gone are dormant, so the list is empty; an unknown person has no list at all.
      if (items.length === 0) await api.identity(source, key);
      return { items };
    },
  });

  app.post<{ Params: Person; Body: GrantBody }>("/v1/identities/:source/:key/grants", {
    config: { scope: "grants" },
    schema: {
      operationId: "grantRole",
      summary: "Give a local role",
      ...common,
      params: PERSON,
      body: GRANT_BODY,
      response: { 201: GRANT_ANSWER, ...PROBLEMS, ...CONFLICT },
    },
    handler: async (request, reply) => {
      const { source, key: user } = request.params;
      const { role, org = null, until, reason } = request.body;
      const by = `api:${callerFor(request, source).name}`;
      const ends = until === undefined ? null : new Date(until).toISOString();
      const grant = await (await services()).grantRole({ source, user, role, org, until: ends, reason, by });
      return reply.code(201).send(grant);
    },
  });

  app.delete<{ Params: Person & { readonly id: number } }>("/v1/identities/:source/:key/grants/:id", {
    config: { scope: "grants" },
    schema: {
      operationId: "revokeGrant",
      summary: "Take a local role away",
      ...common,
      params: closedObject(
        {
          source: SOURCE,
          key: KEY,
          id: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: "The grant" },
        },
        ["source", "key", "id"],
      ),
      response: { 204: { description: "It is gone", type: "null" }, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { source, key, id } = request.params;
      const by = `api:${callerFor(request, source).name}`;
      const api = await services();
      // It must be this person's: the address must not be able to say one thing and mean another.
      const standing = await api.grants({ source, user: key, all: false });
      if (!standing.some((grant) => grant.id === id)) throw new Problem(404, "there is no such person or grant");
      await api.revokeGrant({ source, id, by, reason: null });
      return reply.code(204).send();
    },
  });
}
