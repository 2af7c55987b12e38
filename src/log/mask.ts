import { Failure } from "../domain/errors";
import { Secret } from "../domain/secret";

const SECRET = "[secret]";
const PERSONAL = "[personal]";
/** `apiKey`, `api_key`, `x-api-key`; `accessToken` and `client_secret`, but not `tokenUrl` or `keys`. */
const SECRET_NAME = /(password|passwd|secret|token|authorization|api-?_?key|cookie|pepper|credentials?)$/i;
/** User and password of a URL. */
const URL_LOGIN = /(?<=\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;
/** Shorter values would blank out ordinary words. */
const SHORTEST_SECRET = 4;
const DEEPEST = 6;

export interface Mask {
  /** A copy that may be logged: plain JSON values, at most six levels deep. */
  apply(value: unknown, name?: string): unknown;
  text(text: string): string;
  addValues(secrets: readonly string[]): void;
  addFields(names: readonly string[]): void;
}

/** What must not be in a log is replaced: by its type, by the name it goes under, or by its value, wherever that stands. */
export function createMask({ stacks }: { readonly stacks: boolean }): Mask {
  const secretValues = new Set<string>();
  const personalFields = new Set<string>();

  const text = (plain: string): string => {
    let masked = plain.replace(URL_LOGIN, `${SECRET}@`);
    for (const secret of secretValues) masked = masked.replaceAll(secret, SECRET);
    return masked;
  };

  const error = (thrown: Error): Record<string, unknown> => ({
    ...(thrown instanceof Failure
      ? { code: thrown.code }
      : "code" in thrown && thrown.code !== undefined
        ? { code: String(thrown.code) }
        : {}),
    message: text(thrown.message),
    ...(stacks && thrown.stack !== undefined ? { stack: text(thrown.stack) } : {}),
  });

  const apply = (value: unknown, name = "", depth = 0): unknown => {
    if (value instanceof Secret || SECRET_NAME.test(name))
      return value === null || value === undefined ? value : SECRET;
    if (personalFields.has(name)) return value === null || value === undefined ? value : PERSONAL;
    if (typeof value === "string") return text(value);
    if (typeof value === "bigint") return value.toString();
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof Error) return error(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth === DEEPEST) return "…";
    if (Array.isArray(value)) return value.map((item) => apply(item, "", depth + 1));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, apply(item, key, depth + 1)]));
  };

  return {
    apply: (value, name) => apply(value, name),
    text,
    addValues: (secrets) => {
      for (const secret of secrets) if (secret.length >= SHORTEST_SECRET) secretValues.add(secret);
    },
    addFields: (names) => {
      for (const name of names) personalFields.add(name);
    },
  };
}
