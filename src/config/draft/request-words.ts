import { isJsonObject } from "../../domain/json";
import { isOwnHeader } from "../job/read-policies";
import type { ApiDocument, Operation } from "../openapi/api-document";
import { isCredentialHeader } from "../refuse-literal";
import type { Remark } from "./drafted";
import type { NotedVariables } from "./noted-variables";
import { snakeCase } from "./words";

/** What the streams of one draft share. */
export interface StreamDrafting {
  readonly document: ApiDocument;
  readonly variables: NotedVariables;
  readonly remark: (remark: Remark) => void;
}

/** Query parameters without which the operation refuses: what the document says of them, else a variable to set. */
export function requiredQuery(
  { queryParameters, details }: Operation,
  stream: string,
  filled: ReadonlySet<string>,
  { variables, remark }: StreamDrafting,
): Readonly<Record<string, string>> {
  const needed = queryParameters.filter(({ name, required }) => required && !filled.has(name));
  return Object.fromEntries(
    needed.map(({ name }) => {
      const known = valueFor(details, name);
      if (known !== null) return [name, known];
      remark({
        about: `${stream}.query`,
        sureness: "guess",
        text: `\`${name}\` is required, and only you know its value`,
      });
      return [name, variables.refer(name, `\`${name}\` of the requests`)];
    }),
  );
}

/** Headers without which one of the operations refuses, but those that are `auth`'s or the HTTP client's business. */
export function requiredHeaders(
  operations: readonly Operation[],
  { variables, remark }: Omit<StreamDrafting, "document">,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const { details } of operations) {
    const all = (Array.isArray(details.parameters) ? details.parameters : []).filter(isJsonObject);
    for (const { in: place, required, name } of all) {
      if (place !== "header" || required !== true || typeof name !== "string" || Object.hasOwn(headers, name)) continue;
      if (isCredentialHeader(name) || isOwnHeader(name) || /^(?:accept|content-type)$/i.test(name)) continue;
      const known = valueFor(details, name);
      if (known === null)
        remark({
          about: "http.headers",
          sureness: "guess",
          text: `\`${name}\` is required, and only you know its value`,
        });
      headers[name] = known ?? variables.refer(name, `the header \`${name}\` of the requests`);
    }
  }
  return headers;
}

/** A default, or the only value, that a document gives for a parameter. */
function valueFor({ parameters }: Operation["details"], name: string): string | null {
  const all = (Array.isArray(parameters) ? parameters : []).filter(isJsonObject);
  const schema = all.find((parameter) => parameter.name === name)?.schema;
  if (!isJsonObject(schema)) return null;
  const values = Array.isArray(schema.enum) ? schema.enum : [];
  const value = schema.default ?? (values.length === 1 ? values[0] : undefined);
  const isScalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isScalar && !/[{}]/.test(String(value)) ? String(value) : null;
}

/** A path whose parameters, as in `/tenants/{tenant}/users`, became placeholders for what a person must fill in. */
export function scopeOf({ path }: Operation): { readonly path: string; readonly open: readonly string[] } {
  const open: string[] = [];
  const filled = path.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const placeholder = snakeCase(name).toUpperCase();
    open.push(placeholder);
    return placeholder;
  });
  return { path: filled, open };
}

/** An operation's id, where it leads back to the operation and cannot be taken for anything else. */
export function usableId(operation: Operation, document: ApiDocument): string | null {
  const { id } = operation;
  return id !== null && /^[A-Za-z_][\w.:-]*$/.test(id) && document.operation(id) === operation ? id : null;
}
