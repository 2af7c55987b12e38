import { isJsonObject, type JsonObject } from "../../domain/json";
import { listed } from "../../domain/suggest";
import { sentParameters } from "./sent-parameters";

interface QueryParameter {
  readonly name: string;
  readonly required: boolean;
  /** The largest number it takes; null when nothing is said of that. */
  readonly maximum: number | null;
}

/** What an OpenAPI document says about one GET. */
export interface Operation {
  readonly id: string | null;
  readonly path: string;
  readonly pathParameters: readonly string[];
  readonly queryParameters: readonly QueryParameter[];
  /** What further query parameters may begin with. */
  readonly openPrefixes: readonly string[];
  /** The schema of a good answer's body; null when the document has none. */
  readonly answer: JsonObject | null;
  /** All of it as the document has it, parameters of the path included, for those who need to know more. */
  readonly details: JsonObject;
}

/** An OpenAPI 3 document, as far as reading from the API needs it. */
export class ApiDocument {
  readonly operations: readonly Operation[];
  /** Operations that are no GET, by their id. */
  readonly others: ReadonlyMap<string, string>;

  constructor(readonly root: JsonObject) {
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

  /** The operation behind a path; the names of its parameters do not matter, and a value may stand for one. */
  operationAt(path: string): Operation | null {
    const shape = (text: string) => text.replace(/\{[^}]*\}/g, "{}");
    const exact = this.operations.find((operation) => shape(operation.path) === shape(path));
    return exact ?? this.operations.find((operation) => fits(path, operation.path)) ?? null;
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

  /** Whether a local reference leads nowhere. */
  lacks(reference: string): boolean {
    return this.#pointer(reference) === undefined;
  }

  #pointer(ref: string): unknown {
    if (/^#\/?$/.test(ref)) return this.root;
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
    const sent = lists.flat().map((parameter) => sentParameters(this, this.object(parameter)));
    const parameters = sent.flatMap((one) => one.parameters);
    const query = new Map(
      parameters
        .filter((parameter) => parameter.in === "query" && typeof parameter.name === "string")
        .map((parameter) => {
          const { maximum } = this.object(parameter.schema);
          const most = typeof maximum === "number" ? maximum : null;
          return [String(parameter.name), { required: parameter.required === true, maximum: most }];
        }),
    );
    return {
      id,
      path,
      pathParameters: [...path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? ""),
      queryParameters: [...query].map(([name, said]) => ({ name, ...said })),
      openPrefixes: sent.flatMap((one) => one.openPrefixes),
      answer: this.#answer(operation),
      details: { ...operation, parameters },
    };
  }

  #answer(operation: JsonObject): JsonObject | null {
    const schema = this.media(operation)?.schema;
    return isJsonObject(schema) ? schema : null;
  }

  /** A good answer of an operation: its description and headers. */
  goodAnswer(operation: JsonObject): JsonObject {
    const responses = this.object(operation.responses);
    return this.object(responses["200"] ?? responses["2XX"] ?? responses.default);
  }

  /** What stands beside the schema of a good answer: its examples. Null when the answer is not said to be JSON. */
  media(operation: JsonObject): JsonObject | null {
    const content = this.object(this.goodAnswer(operation).content);
    const [, media] = Object.entries(content).find(([type]) => /[/+]json\b|^\*\/\*/.test(type)) ?? [];
    return isJsonObject(media) ? media : null;
  }
}

/** Whether a path is one of a template's, with values in place of some of its parameters. */
function fits(path: string, template: string): boolean {
  const [written, known] = [path.split("/"), template.split("/")];
  return (
    written.length === known.length &&
    known.every((part, index) => part === written[index] || (/^\{[^{}]*\}$/.test(part) && written[index] !== ""))
  );
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
