/** An OpenAPI document, a project that refers to it, and what is said of both. */
import { load, ROLES, told, USERS } from "../project-folder";

export const list = (schema: string, parameters = "") =>
  `{ parameters: [${parameters}], responses: { "200": { description: ok, content: { application/json: { schema: ${schema} } } } } }`;

const query = (name: string, required = false) =>
  `{ name: ${name}, in: query, required: ${required}, schema: { type: string } }`;

const object = (name: string, more: string) => `{ name: ${name}, in: query, ${more} }`;

const pageable =
  "{ type: object, required: [sort], properties: { page: { minimum: 0 }, size: { maximum: 50 }, sort: {} } }";

export const API = `
openapi: 3.0.3
info: { title: Acme, version: "1" }
servers: [{ url: "https://api.acme.example/v2" }]
paths:
  /people:
    parameters: [{ $ref: "#/components/parameters/limit" }]
    get: ${list('{ $ref: "#/components/schemas/People" }', query("after"))}
    post: { operationId: createPerson, responses: {} }
  /people/{personId}:
    get: ${list('{ $ref: "#/components/schemas/Person" }')}
  /roles:
    get: ${list("{ type: array, items: { type: object } }")}
  /roles/{roleId}/members:
    get: ${list("{ type: array, items: { type: object } }")}
  /orgs/{orgId}/roles/{roleId}:
    get: ${list("{ type: array, items: { type: object } }")}
  /mixed:
    get: ${list("{ type: object, properties: { users: { type: array, items: { type: object } }, errors: { type: array, items: { type: object } } } }")}
  /strict:
    get: ${list("{ type: array, items: { type: object } }", query("tenant", true))}
  /spring:
    get: ${list("{ type: array, items: { type: object } }", object("pageable", `required: true, schema: ${pageable}`))}
  /deep:
    get: ${list("{ type: array, items: { type: object } }", `${object("page", "style: deepObject, schema: { properties: { number: {}, size: {} } }")}, ${object("filter", "style: deepObject, schema: { type: object, additionalProperties: true }")}`)}
  /flat:
    get: ${list("{ type: array, items: { type: object } }", object("page", "explode: false, schema: { properties: { size: {} } }"))}
  /open:
    get: ${list("{ type: array, items: { type: object } }", object("params", "schema: { type: object }"))}
components:
  parameters:
    limit: ${query("limit")}
  schemas:
    Person: { type: object, properties: { id: { type: string }, friends: { type: array, items: { $ref: "#/components/schemas/Person" } } } }
    Page: { type: object, properties: { next: { type: string }, tags: { type: array, items: { type: string } } } }
    People:
      allOf:
        - $ref: "#/components/schemas/Page"
        - { type: object, properties: { data: { type: object, properties: { people: { type: array, items: { $ref: "#/components/schemas/Person" } } } } } }
`
  .trimStart()
  .replace("/people:\n", "/people:\n")
  .replace(/(\/people:[\s\S]*?get: \{)/, "$1 operationId: listPeople,")
  .replace(/(\/people\/\{personId\}:\s+get: \{)/, "$1 operationId: getPerson,")
  .replace(/(\/members:\s+get: \{)/, "$1 operationId: listMembers,")
  .replace(/(\/orgs[^:]*:\s+get: \{)/, "$1 operationId: listOrgRole,")
  .replace(/(\/mixed:\s+get: \{)/, "$1 operationId: listMixed,")
  .replace(/(\/strict:\s+get: \{)/, "$1 operationId: listStrict,");

const job = (users: string, top = "openapi: ../api.yaml") =>
  `source: acme\n${top}\nentities:\n  users: { ${users}, deletes: never }\n  roles: { get: /roles, page: none, deletes: never }\n`;

export const files = (users: string, api = API, top?: string) => ({
  "jobs/acme.yaml": job(users, top),
  "mappings/acme/users.yaml": USERS,
  "mappings/acme/roles.yaml": ROLES,
  "api.yaml": api,
});

export const messages = async (users: string, api?: string, top?: string) => {
  const { problems } = await load(files(users, api, top));
  return problems.map((problem) => told(problem).replace("jobs/acme.yaml:", ""));
};
