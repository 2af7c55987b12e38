import type { Entry } from "./yaml/entry";
import { CREDENTIAL_PARAMETER } from "./yaml/mask-secrets";

/** Headers that prove who asks: by their own name, or named as a parameter of that kind, also behind a vendor's prefix. */
export const isCredentialHeader = (name: string): boolean =>
  /^(?:proxy-)?authorization$|^cookie$/i.test(name) ||
  CREDENTIAL_PARAMETER.test(name.replace(/^(?:x|private|ocp-apim)-/i, ""));

/** What of a URL's query proves who asks. */
export const credentialsIn = (query: string): readonly string[] =>
  [...new URLSearchParams(query).keys()].filter((name) => CREDENTIAL_PARAMETER.test(name));

/** A query is shown in messages and logs, and a file is copied and shared. */
export const reportParameter = (entry: Entry, name: string): void =>
  entry.report({
    code: "CFG007",
    message: `\`${name}\` is a credential: it belongs under \`auth\``,
    hint: `e.g. \`auth: { kind: api-key, in: query, name: ${name}, value: "\${NAME}" }\``,
  });

export const reportLiteral = (entry: Entry): void =>
  entry.report({
    code: "CFG007",
    message: `\`${entry.name}\` holds the secret itself; files are copied, shared and kept in history for ever`,
    hint: isHalfAVariable(entry.text() ?? "")
      ? `a variable is written \`\${NAME}\`, with \`$\` and both braces`
      : `set it in the environment or in \`.env\`, and write \`\${NAME}\``,
  });

/** `$NAME` and `{NAME}`, as a shell and other tools take them. */
export const isHalfAVariable = (text: string): boolean =>
  /^(?:\$[A-Z_][A-Z0-9_]*|\{+[A-Z_][A-Z0-9_]*\}+)(?![\w}])/.test(text);
