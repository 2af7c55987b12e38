import { dirname, relative, resolve } from "node:path";
import SwaggerParser from "@apidevtools/swagger-parser";
import { isJsonObject, type JsonObject } from "../domain/json";
import type { Entry } from "./entry";
import { listed } from "./suggest";

/** What an OpenAPI document says about one GET. */
export interface Operation {
  readonly id: string | null;
  readonly path: string;
  readonly pathParameters: readonly string[];
  readonly queryParameters: readonly { readonly name: string; readonly required: boolean }[];
  /** The schema of a good answer's body; null when the document has none. */
  readonly answer: JsonObject | null;
}

/** An OpenAPI 3 document, as far as reading from the API needs it. */
export class ApiDocument {
  readonly operations: readonly Operation[];
  /** Operations that are no GET, by their id. */
  readonly others: ReadonlyMap<string, string>;

  constructor(private readonly root: JsonObject) {
    const operations: Operation[] = [];
    const others = new Map<string, string>();
    for (const [path, item] of Object.entries(this.object(root.paths))) {
      const methods = this.object(item);
      for (const method of ["get", "put", "post", "delete", "patch", "head"]) {
        const operation = methods[method];
        if (!isJsonObject(operation)) continue;
        const id = typeof operation.operationId === "string" ? operation.operationId : null;
        if (method === "get") operations.push(this.#operation(path, id, methods, operation));
        else if (id !== null) others.set(id, method.toUpperCase());
      }
    }
    this.operations = operations;
    this.others = others;
  }

  get ids(): readonly string[] {
    return this.operations.map((operation) => operation.id).filter((id) => id !== null);
  }

  operation(id: string): Operation | null {
    return this.operations.find((operation) => operation.id === id) ?? null;
  }

  /** The operation behind a path; the names of its parameters do not matter. */
  operationAt(path: string): Operation | null {
    const shape = (text: string) => text.replace(/\{[^}]*\}/g, "{}");
    return this.operations.find((operation) => shape(operation.path) === shape(path)) ?? null;
  }

  /** The one server the document names, or why a job must say its `baseUrl`. */
  server(): { readonly url: string } | { readonly because: string } {
    const servers = Array.isArray(this.root.servers) ? this.root.servers.filter(isJsonObject) : [];
    const [server, ...more] = servers;
    const url = typeof server?.url === "string" ? server.url : "";
    if (server === undefined) return { because: "names no server" };
    if (more.length > 0) return { because: `names ${servers.length} servers` };
    if (url.includes("{")) return { because: `leaves its server open: ${listed([url])}` };
    if (!/^https?:\/\//.test(url)) return { because: `names its server only relatively: ${listed([url])}` };
    return { url };
  }

  /** What stands at a value, behind any number of local references; an empty object for nothing. */
  object(value: unknown): JsonObject {
    let target = value;
    for (let hops = 0; isJsonObject(target) && typeof target.$ref === "string"; hops++) {
      if (hops > 50) return {};
      target = this.#pointer(target.$ref);
    }
    return isJsonObject(target) ? target : {};
  }

  #pointer(ref: string): unknown {
    const names = ref
      .replace(/^#\/?/, "")
      .split("/")
      .map((name) => safeDecode(name).replaceAll("~1", "/").replaceAll("~0", "~"));
    let target: unknown = this.root;
    for (const name of names) {
      if (Array.isArray(target)) target = target[Number(name)];
      else target = isJsonObject(target) && Object.hasOwn(target, name) ? target[name] : undefined;
      // A reference may lead through another one.
      if (isJsonObject(target) && typeof target.$ref === "string" && name !== names.at(-1))
        target = this.object(target);
    }
    return target;
  }

  #operation(path: string, id: string | null, item: JsonObject, operation: JsonObject): Operation {
    const lists = [item.parameters, operation.parameters].map((list) => (Array.isArray(list) ? list : []));
    const parameters = lists.flat().map((parameter) => this.object(parameter));
    const query = new Map(
      parameters
        .filter((parameter) => parameter.in === "query" && typeof parameter.name === "string")
        .map((parameter) => [String(parameter.name), parameter.required === true]),
    );
    return {
      id,
      path,
      pathParameters: [...path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? ""),
      queryParameters: [...query].map(([name, required]) => ({ name, required })),
      answer: this.#answer(operation),
    };
  }

  #answer(operation: JsonObject): JsonObject | null {
    const responses = this.object(operation.responses);
    const response = this.object(responses["200"] ?? responses["2XX"] ?? responses.default);
    const [, media] =
      Object.entries(this.object(response.content)).find(([type]) => /[/+]json\b|^\*\/\*/.test(type)) ?? [];
    const schema = isJsonObject(media) ? media.schema : undefined;
    return isJsonObject(schema) ? schema : null;
  }
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Reads an OpenAPI 3.0 or 3.1 document and the local files it refers to; nothing is ever fetched.
 * Null when it cannot be used, with the reason reported at `entry`.
 */
export async function readApiDocument(path: string, entry: Entry): Promise<ApiDocument | null> {
  try {
    const parser = new SwaggerParser();
    const parsed: unknown = await parser.parse(path);
    const refused = unusable(parsed);
    if (refused !== null) {
      entry.report({ code: "OAS002", ...refused });
      return null;
    }
    const bundled: unknown = await new SwaggerParser().bundle(path, { resolve: { http: false } });
    return isJsonObject(bundled) ? new ApiDocument(bundled) : null;
  } catch (error) {
    entry.report({ code: "OAS001", ...plainWords(error instanceof Error ? error : new Error(String(error)), path) });
    return null;
  }
}

function unusable(parsed: unknown): { message: string; hint: string } | null {
  if (isJsonObject(parsed) && typeof parsed.swagger === "string") {
    return {
      message: `the document is Swagger ${parsed.swagger}; supported are OpenAPI 3.0 and 3.1`,
      hint: "convert it, or remove `openapi:` and write paths",
    };
  }
  return null;
}

/** The library's errors in our words. */
function plainWords(error: Error, path: string): { message: string; hint?: string } {
  const code = "code" in error ? error.code : null;
  const pointer = /"([^"]+)"/.exec(error.message)?.[1] ?? "?";
  if (/^Unable to resolve \$ref pointer/.test(error.message)) {
    return {
      message: `the document refers to ${listed([pointer])}, which is not fetched`,
      hint: "keep a local copy beside the document",
    };
  }
  if (code === "EMISSINGPOINTER")
    return { message: `the document refers to ${listed([pointer])}, which it does not have` };
  if (code === "ERESOLVER") {
    const file = /open(?:ing file)? (.+?): /.exec(error.message)?.[1] ?? path;
    const why = error.message.includes("ENOENT") ? "does not exist" : "cannot be read";
    if (resolve(file) === path) return { message: `the document ${why}` };
    return { message: `the document refers to ${listed([relative(dirname(path), file)])}, which ${why}` };
  }
  if (/Unsupported OpenAPI version/.test(error.message)) {
    return { message: "the document's version of OpenAPI is not supported; supported are 3.0 and 3.1" };
  }
  const place = /\((\d+):(\d+)\)/.exec(error.message);
  if (code === "EPARSER") {
    return {
      message: `the document is neither JSON nor YAML${place ? `: see its line ${place[1]}, column ${place[2]}` : ""}`,
    };
  }
  return { message: "the document is not an OpenAPI document", hint: "it needs `openapi: 3.x`, `info` and `paths`" };
}
