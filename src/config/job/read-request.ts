import type { RequestSpec } from "../../domain/job";
import { listed, suggestion } from "../../domain/suggest";
import type { ApiDocument, Operation } from "../openapi/api-document";
import { checkQueryNames } from "../openapi/check-operation";
import { credentialsIn, reportParameter } from "../refuse-literal";
import type { Variables } from "../variables";
import type { Entry } from "../yaml/entry";
import { CREDENTIAL_PARAMETER, REFERENCE_ONLY } from "../yaml/mask-secrets";
import { checkTemplates, type Template } from "./templates";

/** What a request is read with. */
export interface RequestContext {
  readonly variables: Variables;
  /** Empty, or with a variable in it, where it is not known. */
  readonly baseUrl: string;
  /** The job's OpenAPI document; null when it names none, `unreadable` when that has been told already. */
  readonly api: ApiDocument | "unreadable" | null;
  readonly allowed: readonly Template[];
  /** What fills the one path parameter of an operation named by its id; null when nothing can, and then why. */
  readonly filling: { readonly template: string | null; readonly because: string };
}

export interface ReadRequest {
  readonly request: RequestSpec;
  /** As the OpenAPI document has it; null when there is none. */
  readonly operation: Operation | null;
  /** Templates used, e.g. `parent.id`. */
  readonly templates: readonly string[];
}

/**
 * One request: `get` is an operationId or a path.
 *
 * @param queries maps of query parameters; later ones win
 * @param asked query parameters that paging adds, and where they are written
 */
export function readRequest(
  get: Entry,
  queries: readonly (Entry | null)[],
  asked: readonly { readonly name: string; readonly entry: Entry }[],
  context: RequestContext,
): ReadRequest {
  const parameters = new Map(queries.flatMap((query) => query?.entries() ?? []).map((entry) => [entry.name, entry]));
  const query = Object.fromEntries([...parameters].map(([name, entry]) => [name, context.variables.text(entry)]));
  const templates = [...parameters.values()].flatMap((entry) => checkTemplates(entry, context.allowed));

  const written = get.text() ?? "";
  refuseCredentials(get, [...parameters.values()]);
  if (written.includes("${")) {
    const message = "variables are filled in in `baseUrl`, `query` and `auth`, not here";
    get.report({ code: "CFG008", message, hint: "say the changing part in `baseUrl`" });
  }
  const isPath = written.startsWith("/") || /^https?:\/\//.test(written);
  if (isPath) checkAddress(get, written, context.baseUrl);
  const operation = isPath ? operationAtPath(get, written, context) : operationById(get, written, context);
  const path = isPath ? written : fillPath(get, operation, context);
  templates.push(...(isPath ? checkTemplates(get, context.allowed) : templatesOf(path)));
  if (operation !== null) {
    const inPath = [...new URLSearchParams(written.split("?")[1] ?? "").keys()].map((name) => ({ name, entry: get }));
    const named = [...[...parameters].map(([name, entry]) => ({ name, entry })), ...asked, ...inPath];
    checkQueryNames(operation, named, get);
  }
  return { request: { path, query }, operation, templates };
}

/** What no run could ask: the request would be refused, or would go without what stands behind it. */
function checkAddress(get: Entry, written: string, baseUrl: string): void {
  const refuse = (message: string, hint: string): void => get.report({ message, hint });
  const path = written.split("?")[0] ?? "";
  if (/^https?:/.test(written) && URL.canParse(baseUrl) && !baseUrl.includes("${")) {
    const { origin } = new URL(baseUrl);
    if (!URL.canParse(written) || new URL(written).origin !== origin)
      refuse(
        `\`${written}\` is at another origin than \`baseUrl\`, ${origin}: credentials go nowhere else, so no run could ask it`,
        "read it as a source of its own",
      );
  }
  if (path.split("/").some((segment) => /^(\.|%2e){1,2}$/i.test(segment)))
    refuse(
      "a part of this path is `.` or `..`, which leads elsewhere, so no run could ask it",
      "write where it leads to",
    );
  if (written.includes("#"))
    refuse(
      "what stands behind `#` is never sent, and neither are `query` and `page`",
      "write `%23` for a `#` that is meant",
    );
}

function refuseCredentials(get: Entry, parameters: readonly Entry[]): void {
  for (const name of credentialsIn(get.text()?.split("?")[1] ?? "")) reportParameter(get, name);
  const literals = parameters.filter((entry) => !REFERENCE_ONLY.test(entry.written() ?? ""));
  for (const entry of literals) if (CREDENTIAL_PARAMETER.test(entry.name)) reportParameter(entry, entry.name);
}

const templatesOf = (path: string) => [...path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? "");

function operationAtPath(get: Entry, path: string, { api }: RequestContext): Operation | null {
  if (api === null || api === "unreadable" || !path.startsWith("/")) return null;
  const bare = path.split("?")[0] ?? path;
  const operation = api.operationAt(bare);
  if (operation === null) {
    const paths = api.operations.map((known) => known.path);
    get.report({
      code: "OAS003",
      // APIs have paths that their documents leave out; a wrong one answers 404 and removes nothing.
      severity: "warning",
      message: `\`${bare}\` is not a path of the OpenAPI document, so nothing about it can be checked`,
      hint: suggestion(bare, paths, null),
    });
  }
  return operation;
}

function operationById(get: Entry, id: string, { api }: RequestContext): Operation | null {
  // A `get` that is missing or empty has been told about.
  if (api === "unreadable" || id === "") return null;
  const method = /^(GET|POST|PUT|PATCH|DELETE)\s+\//i.exec(id)?.[1]?.toUpperCase();
  if (method !== undefined) {
    const isGet = method === "GET";
    const message = isGet ? "`get` already says the method" : `reading with ${method} is planned, not yet supported`;
    get.report({ code: isGet ? "CFG005" : "CFG006", message, hint: isGet ? "write the path alone" : null });
    return null;
  }
  if (api === null) {
    const message = `\`${id}\` reads like an operationId, but the job names no \`openapi:\` document`;
    get.report({ code: "OAS003", message, hint: `a path begins with \`/\`: \`/${id}\`` });
    return null;
  }
  const operation = api.operation(id);
  if (operation !== null) return operation;
  const other = api.others.get(id);
  if (other !== undefined) {
    get.report({
      code: "CFG006",
      message: `\`${id}\` is a ${other}; reading with ${other} is planned, not yet supported`,
    });
  } else {
    const message = `\`${id}\` is not an operation of the OpenAPI document`;
    get.report({ code: "OAS003", message, hint: suggestion(id, api.ids) });
  }
  return null;
}

/** The operation's path with its one parameter filled; more than one needs a path that says what fills which. */
function fillPath(get: Entry, operation: Operation | null, { filling }: RequestContext): string {
  if (operation === null) return "/";
  const [parameter, ...more] = operation.pathParameters;
  if (parameter === undefined) return operation.path;
  if (more.length === 0 && filling.template !== null)
    return operation.path.replace(`{${parameter}}`, `{${filling.template}}`);
  const because = more.length > 0 ? "only one can be filled by itself" : filling.because;
  get.report({
    code: "OAS005",
    message: `the path \`${operation.path}\` needs ${listed(operation.pathParameters)}: ${because}`,
    hint: "write the path, with a template for each of them",
  });
  return operation.path;
}
