import { isJsonObject, type JsonObject } from "../../domain/json";

const METHODS = new Set(["get", "put", "post", "delete", "patch", "head", "options"]);

/** What a Swagger 2.0 parameter or header says itself, and OpenAPI 3 says in its `schema`. */
const SCHEMA_WORDS = ["type", "format", "items", "enum", "default", "minimum", "maximum", "pattern"];

/**
 * A Swagger 2.0 document as OpenAPI 3 has it, as far as reading from an API goes: servers, parameters, answers and
 * security. Schemas stay where they are, so references into `definitions` hold.
 */
export function fromSwaggerTwo(root: JsonObject): JsonObject {
  const produces = listOf(root.produces);
  return {
    ...root,
    servers: serversOf(root),
    parameters: eachOf(root.parameters, parameterOf),
    responses: eachOf(root.responses, (response) => responseOf(response, produces)),
    paths: eachOf(root.paths, (item) => pathItemOf(item, produces)),
    components: { securitySchemes: eachOf(root.securityDefinitions, securitySchemeOf) },
  };
}

function serversOf({ host, basePath, schemes }: JsonObject): readonly JsonObject[] {
  const path = typeof basePath === "string" ? basePath.replace(/\/$/, "") : "";
  if (typeof host !== "string" || host === "") return path === "" ? [] : [{ url: path }];
  const known = listOf(schemes).filter((scheme) => scheme === "https" || scheme === "http");
  // A document that offers both means the same API; the safe one is asked.
  const scheme = known.includes("http") && !known.includes("https") ? "http" : "https";
  return [{ url: `${scheme}://${host}${path}` }];
}

function pathItemOf(item: JsonObject, produces: readonly string[]): JsonObject {
  const operations = Object.entries(item).filter(([method]) => METHODS.has(method));
  return {
    ...item,
    ...(Array.isArray(item.parameters) ? { parameters: item.parameters.map(parameterOf) } : {}),
    ...Object.fromEntries(
      operations.map(([method, operation]) => [
        method,
        isJsonObject(operation) ? operationOf(operation, produces) : operation,
      ]),
    ),
  };
}

function operationOf(operation: JsonObject, produces: readonly string[]): JsonObject {
  const own = operation.produces === undefined ? produces : listOf(operation.produces);
  return {
    ...operation,
    ...(Array.isArray(operation.parameters) ? { parameters: operation.parameters.map(parameterOf) } : {}),
    responses: eachOf(operation.responses, (response) => responseOf(response, own)),
  };
}

const parameterOf = (parameter: unknown): JsonObject => {
  if (!isJsonObject(parameter)) return {};
  return parameter.$ref !== undefined || parameter.in === "body" ? parameter : withSchema(parameter);
};

function responseOf(response: JsonObject, produces: readonly string[]): JsonObject {
  if (response.$ref !== undefined) return response;
  const headers = eachOf(response.headers, withSchema);
  if (response.schema === undefined) return { ...response, headers };
  const examples = isJsonObject(response.examples) ? response.examples : {};
  const types = produces.length === 0 ? ["application/json"] : produces;
  const content = types.map((type) => [
    type,
    { schema: response.schema, ...(type in examples ? { example: examples[type] } : {}) },
  ]);
  return { ...response, headers, content: Object.fromEntries(content) };
}

const withSchema = (described: JsonObject): JsonObject => ({
  ...described,
  schema: Object.fromEntries(Object.entries(described).filter(([word]) => SCHEMA_WORDS.includes(word))),
});

function securitySchemeOf(scheme: JsonObject): JsonObject {
  if (scheme.type === "basic") return { ...scheme, type: "http", scheme: "basic" };
  if (scheme.type !== "oauth2") return scheme;
  const flow = FLOWS[typeof scheme.flow === "string" ? scheme.flow : ""];
  return { ...scheme, flows: flow === undefined ? {} : { [flow]: scheme } };
}

const FLOWS: Readonly<Record<string, string>> = {
  application: "clientCredentials",
  accessCode: "authorizationCode",
  password: "password",
  implicit: "implicit",
};

const listOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

const eachOf = (value: unknown, change: (value: JsonObject) => JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(isJsonObject(value) ? value : {}).map(([name, inner]) => [
      name,
      isJsonObject(inner) ? change(inner) : inner,
    ]),
  );
