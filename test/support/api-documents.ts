/** Small documents in the style of well-known APIs, each with its own way of paging, of naming and of saying who may sign in. */

type Schema = Readonly<Record<string, unknown>>;

const text = (more: Schema = {}): Schema => ({ type: "string", ...more });
const list = (items: Schema): Schema => ({ type: "array", items });
const record = (properties: Schema, more: Schema = {}): Schema => ({ type: "object", properties, ...more });
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const query = (name: string, schema: Schema = { type: "string" }, more: Schema = {}): Schema => ({
  name,
  in: "query",
  schema,
  ...more,
});
const get = (
  operationId: string | null,
  answer: Schema,
  parameters: readonly Schema[] = [],
  more: Schema = {},
): Schema => ({
  get: {
    ...(operationId === null ? {} : { operationId }),
    parameters,
    responses: { 200: { description: "ok", content: { "application/json": { schema: answer } }, ...more } },
  },
});
const openapi = (version: string, parts: Schema): Schema => ({
  openapi: version,
  info: { title: "Directory", version: "1" },
  ...parts,
});

/** SCIM 2.0: `startIndex` and `count`, `Resources`, lists of addresses, groups as objects. */
export const SCIM = openapi("3.0.3", {
  servers: [{ url: "https://{tenant}.scim.example/scim/v2" }],
  security: [{ token: [] }],
  paths: Object.fromEntries(
    ["User", "Group"].flatMap((name) => [
      [
        `/${name}s`,
        get(
          `list${name}s`,
          record({ totalResults: { type: "integer" }, itemsPerPage: { type: "integer" }, Resources: list(ref(name)) }),
          [query("startIndex", { type: "integer", default: 1 }), query("count", { type: "integer", maximum: 200 })],
        ),
      ],
      [`/${name}s/{id}`, get(`get${name}`, ref(name), [{ name: "id", in: "path", required: true, schema: text() }])],
    ]),
  ),
  components: {
    securitySchemes: { token: { type: "http", scheme: "bearer" } },
    schemas: {
      User: record(
        {
          schemas: list(text()),
          id: text(),
          externalId: text(),
          userName: text(),
          name: record({ formatted: text(), familyName: text(), givenName: text() }),
          displayName: text(),
          title: text(),
          preferredLanguage: text(),
          active: { type: "boolean" },
          emails: list(record({ value: text(), type: text(), primary: { type: "boolean" } })),
          phoneNumbers: list(record({ value: text(), type: text() })),
          groups: list(record({ value: text(), display: text() })),
          meta: record({ lastModified: text({ format: "date-time" }) }),
          "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": record({
            department: text(),
            employeeNumber: text(),
          }),
        },
        { required: ["id", "userName"] },
      ),
      Group: record(
        { id: text(), displayName: text(), members: list(record({ value: text() })) },
        { required: ["id", "displayName"] },
      ),
    },
  },
});

/** Bare lists that go on in a `Link` header; people who may be `suspended`; teams that are asked for their members. */
export const HUB = openapi("3.0.0", {
  servers: [{ url: "https://api.hub.corp/v3" }],
  paths: {
    "/people": get(
      "people/list",
      list(ref("Person")),
      [query("page", { type: "integer" }), query("per_page", { type: "integer", maximum: 100 })],
      {
        headers: { Link: { schema: text() } },
      },
    ),
    "/people/{person_id}": get("people/get", ref("Person")),
    "/teams": get("teams/list", list(ref("Team")), [query("per_page", { type: "integer", default: 30 })], {
      headers: { Link: { schema: text() } },
    }),
    "/teams/{team_id}/members": get("teams/members", list(ref("Person"))),
    "/people/{person_id}/sessions": get("people/sessions", list(record({ id: text() }))),
    "/audit/people": get("audit/people", list(record({ id: text(), login: text() }))),
  },
  components: {
    securitySchemes: {
      pat: { type: "http", scheme: "Bearer" },
      session: { type: "apiKey", in: "cookie", name: "sid" },
    },
    schemas: {
      Person: record(
        {
          id: { type: "integer", examples: [7] },
          login: text({ example: "octavia@hub.example" }),
          email: text({ format: "email", nullable: true }),
          name: text({ nullable: true }),
          suspended: { type: "boolean" },
          updated_at: text({ format: "date-time" }),
        },
        { required: ["id", "login", "suspended"] },
      ),
      Team: record(
        { id: { type: "integer" }, name: text({ example: "Platform" }), parent: record({ id: { type: "integer" } }) },
        { required: ["id", "name"] },
      ),
    },
  },
});

/** A realm in every path, `first` and `max`, no operation ids. */
export const REALMS = openapi("3.0.3", {
  paths: {
    "/admin/realms": get(null, list(record({ id: text(), realm: text() }))),
    "/admin/realms/{realm}/users": get(null, list(ref("User")), [
      query("first", { type: "integer" }),
      query("max", { type: "integer", default: 100 }),
    ]),
    "/admin/realms/{realm}/users/{user-id}": get(null, ref("User")),
    "/admin/realms/{realm}/users/{user-id}/sessions": get(null, list(record({ id: text() }))),
    "/admin/realms/{realm}/roles": get(null, list(ref("Role")), [
      query("first", { type: "integer" }),
      query("max", { type: "integer" }),
    ]),
    "/admin/realms/{realm}/roles/{role-id}/users": get(null, list(ref("User")), [query("first"), query("max")]),
  },
  components: {
    securitySchemes: {
      service: { type: "oauth2", flows: { clientCredentials: { tokenUrl: "/realms/{realm}/token", scopes: {} } } },
    },
    schemas: {
      User: record({
        id: text(),
        username: text(),
        firstName: text(),
        lastName: text(),
        email: text(),
        enabled: { type: "boolean" },
        attributes: { type: "object", additionalProperties: list(text()) },
      }),
      Role: record({ id: text(), name: text(), description: text(), composite: { type: "boolean" } }),
    },
  },
});

/** OData: `value`, `@odata.nextLink`, `$top`; numbers as a list of texts; 3.1 with types as lists. */
const ODATA = openapi("3.1.0", {
  servers: [{ url: "https://graph.example/v1.0" }],
  paths: {
    "/users": get(
      "user.ListUser",
      record({ value: list(ref("User")), "@odata.nextLink": { type: ["string", "null"] } }),
      [query("$top", { type: "integer" })],
    ),
    "/users/{user-id}": get("user.GetUser", ref("User")),
    "/groups": get(
      "group.ListGroup",
      record({ value: list(ref("Group")), "@odata.nextLink": { type: ["string", "null"] } }),
    ),
    "/groups/{group-id}/members": get(
      "group.ListMembers",
      record({ value: list(record({ id: text() })), "@odata.nextLink": text() }),
    ),
    "/users/$count": get("user.Count", { type: "integer" }),
  },
  components: {
    securitySchemes: {
      azure: { type: "oauth2", flows: { clientCredentials: { tokenUrl: "https://login.example/token", scopes: {} } } },
    },
    schemas: {
      User: record({
        id: text(),
        userPrincipalName: text(),
        displayName: { type: ["string", "null"] },
        mail: { type: ["string", "null"] },
        givenName: text(),
        surname: text(),
        jobTitle: text(),
        accountEnabled: { type: ["boolean", "null"] },
        mobilePhone: text(),
        businessPhones: list(text()),
        employeeHireDate: text({ format: "date-time" }),
        department: text(),
      }),
      Group: record({ id: text(), displayName: text(), description: text() }),
    },
  },
});

/** Swagger 2.0: page numbers from 0, a total, a key in the query, numbers for states, required parameters. */
export const PAGES = {
  swagger: "2.0",
  info: { title: "Payroll", version: "1" },
  host: "payroll.example",
  basePath: "/api",
  securityDefinitions: { key: { type: "apiKey", in: "query", name: "api_key" } },
  paths: {
    "/employees": {
      get: {
        operationId: "getEmployees",
        parameters: [
          { name: "company", in: "query", type: "string", required: true },
          { name: "page", in: "query", type: "integer", default: 0 },
          { name: "size", in: "query", type: "integer", maximum: 5000 },
        ],
        responses: { 200: { description: "ok", schema: { $ref: "#/definitions/EmployeePage" } } },
      },
    },
    "/employees/{id}": {
      get: {
        operationId: "getEmployee",
        responses: { 200: { description: "ok", schema: { $ref: "#/definitions/Wrapped" } } },
      },
    },
    "/departments": {
      get: {
        operationId: "getDepartments",
        responses: { 200: { description: "ok", schema: list({ $ref: "#/definitions/Department" }) } },
      },
    },
  },
  definitions: {
    EmployeePage: record({
      content: list({ $ref: "#/definitions/Employee" }),
      totalElements: { type: "integer" },
      errors: list(record({ message: text() })),
    }),
    Wrapped: record({ employee: { $ref: "#/definitions/Employee" } }),
    Employee: record(
      {
        id: { type: "integer" },
        first_name: text(),
        last_name: text(),
        work_email: text(),
        department_id: { type: "integer" },
        status: text({ enum: ["EMPLOYED", "ON_HOLD", "LEFT"] }),
        end_date: text({ format: "date" }),
      },
      { required: ["id", "status", "work_email"] },
    ),
    Department: record(
      { id: { type: "integer" }, name: text(), parentId: { type: "integer" }, enabled: { type: "boolean" } },
      { required: ["id", "name"] },
    ),
  },
};

/** As casual as documents get: no ids of operations, no paging, no ids of roles, two flags. */
const CASUAL = {
  swagger: "2.0",
  info: { title: "Casual", version: "1" },
  basePath: "/",
  securityDefinitions: { token: { type: "apiKey", in: "header", name: "Authorization" } },
  paths: {
    "/api/get-users": {
      get: { responses: { 200: { description: "ok", schema: list({ $ref: "#/definitions/object.User" }) } } },
    },
    "/api/get-user": {
      get: {
        parameters: [{ name: "userId", in: "query", type: "string" }],
        responses: { 200: { description: "ok", schema: { $ref: "#/definitions/object.User" } } },
      },
    },
    "/api/get-roles": {
      get: {
        parameters: [{ name: "owner", in: "query", type: "string", required: true }],
        responses: { 200: { description: "ok", schema: list({ $ref: "#/definitions/object.Role" }) } },
      },
    },
  },
  definitions: {
    "object.User": record({
      id: text(),
      name: text(),
      displayName: text(),
      isForbidden: { type: "boolean" },
      isDeleted: { type: "boolean" },
      updatedTime: text(),
      roles: list({ $ref: "#/definitions/object.Role" }),
    }),
    "object.Role": record({ name: text(), displayName: text(), users: list(text()), isAdmin: { type: "boolean" } }),
  },
};

export const API_DOCUMENTS = {
  scim: SCIM,
  hub: HUB,
  realms: REALMS,
  odata: ODATA,
  pages: PAGES,
  casual: CASUAL,
} as const;
