import { type Document, isPair, isScalar, type Node, visit } from "yaml";

/** Words under `auth` whose values are no secrets; everything else there may be one, also under a mistyped word. */
const OPEN_WORDS = new Set([
  "kind",
  "grant",
  "tokenUrl",
  "clientId",
  "username",
  "in",
  "name",
  "scope",
  "audience",
  "send",
]);

/** Words under `login` whose values are secrets, also when mistyped a little; an expression stands under none of them. */
const LOGIN_SECRET = /s[ei]?[ck]r?et/i;

/** A value that only refers to a secret, optionally behind the name of a scheme. */
export const REFERENCE_ONLY = /^(?:[A-Za-z]+ )?\$\{[^}]*\}$/;

/** Query parameters that prove who asks. */
export const CREDENTIAL_PARAMETER =
  /^(?:(?:api|app|access|subscription)[-_]?key|(?:access|auth|api|session)?[-_]?token|(?:client[-_]?)?secret|password)$/i;

/** Their values inside a path or URL. */
const PARAMETER_VALUE = /(?<=[?&]([\w-]+)=)(?!\$\{)[^\s&"'#]+/g;

/** Lines that look like a secret, for files so broken that it cannot be told what stands under `auth`. */
const SECRET_LINE = /(?<=(?:password|secret|token|authorization|value)["']?[ \t]*:[ \t]*)(?!["']?\$\{)[^\s].*/gi;

/**
 * The text of a YAML file with literal secrets replaced by `*`, character for character, so that places stay what they are and a
 * frame around a mistake never shows one. Hidden is whatever stands under `auth` or `headers` without being a reference, the
 * secrets of a `login`, webhooks, the user and password of a URL, and query parameters that are named like a credential.
 */
export function maskSecrets(text: string, document: Document): string {
  const isBroken = document.errors.length > 0;
  const open = text
    .replace(/(?<=:\/\/)[^\s/@]+(?=@)/g, blank)
    .replace(PARAMETER_VALUE, (value, name: string) => (CREDENTIAL_PARAMETER.test(name) ? blank(value) : value));
  const characters = (isBroken ? open.replace(SECRET_LINE, blank) : open).split("");
  const hide = (node: Node | undefined, ancestors: readonly unknown[]) => {
    const pairs = ancestors.filter(isPair);
    const keys = pairs.map(({ key }) => (isScalar(key) ? String(key.value) : ""));
    const word = keys.at(-1) ?? "";
    const isGuarded =
      keys.includes("headers") ||
      (keys.includes("auth") && (!OPEN_WORDS.has(word) || holdsPassword(word, node))) ||
      (keys.includes("notify") && (word === "webhook" || word === "secret")) ||
      (keys.includes("login") && (LOGIN_SECRET.test(word) || (isBody(keys) && CREDENTIAL_PARAMETER.test(word)))) ||
      (keys.includes("query") && CREDENTIAL_PARAMETER.test(word));
    if (!isGuarded || pairs.at(-1)?.key === node || !isScalar(node) || !node.range) return;
    // An unquoted `${NAME}` between brackets is read as `$` and a map.
    if (REFERENCE_ONLY.test(String(node.value ?? "")) || node.value === "$") return;
    for (let at = node.range[0]; at < node.range[1]; at++) characters[at] = blank(characters[at] ?? "");
  };
  visit(document, {
    Scalar: (_, node, ancestors) => hide(node, ancestors),
    Alias: (_, alias, ancestors) => hide(alias.resolve(document), ancestors),
  });
  return characters.join("");
}

/** A user name with a colon is mostly `user:password`. */
const holdsPassword = (word: string, node: Node | undefined): boolean =>
  word === "username" && isScalar(node) && String(node.value).includes(":");

/** What is sent with a login, where only templates and variables belong under the name of a credential. */
const isBody = (keys: readonly string[]): boolean => keys.includes("json") || keys.includes("form");

const blank = (text: string) => text.replace(/[^\r\n]/g, "*");
