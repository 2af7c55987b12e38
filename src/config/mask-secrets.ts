import { type Document, isPair, isScalar, visit } from "yaml";

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

/** A value that only refers to a secret, optionally behind the name of a scheme. */
export const REFERENCE_ONLY = /^(?:[A-Za-z]+ )?\$\{[^}]*\}$/;

/**
 * The text of a YAML file with literal secrets replaced by `*`, character for character, so that places stay what they are and a
 * frame around a mistake never shows one. Hidden is whatever stands under `auth` or `headers` without being a reference, and the
 * user and password of a URL.
 */
export function maskSecrets(text: string, document: Document): string {
  const characters = text.replace(/(?<=:\/\/)[^\s/@]+(?=@)/g, blank).split("");
  visit(document, {
    Scalar(_, node, ancestors) {
      const keys = ancestors.filter(isPair).map((pair) => (isScalar(pair.key) ? String(pair.key.value) : ""));
      const own = keys.at(-1) ?? "";
      const parent = ancestors.at(-1);
      if (isPair(parent) && parent.key === node) return;
      const guarded = keys.includes("headers") || (keys.includes("auth") && !OPEN_WORDS.has(own));
      if (!guarded || !node.range || REFERENCE_ONLY.test(String(node.value ?? ""))) return;
      for (let at = node.range[0]; at < node.range[1]; at++) characters[at] = blank(characters[at] ?? "");
    },
  });
  return characters.join("");
}

const blank = (text: string) => text.replace(/[^\r\n]/g, "*");
