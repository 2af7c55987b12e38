import type { Entry } from "./yaml/entry";
import { CREDENTIAL_PARAMETER } from "./yaml/mask-secrets";

/** Headers that prove who asks: by their own name, or named as a parameter of that kind, also behind a vendor's prefix. */
export const isCredentialHeader = (name: string): boolean =>
  /^(?:proxy-)?authorization$|^cookie$/i.test(name) ||
  CREDENTIAL_PARAMETER.test(name.replace(/^(?:x|private|ocp-apim)-/i, ""));

export const reportLiteral = (entry: Entry): void =>
  entry.report({
    code: "CFG007",
    message: `\`${entry.name}\` holds the secret itself; files are copied, shared and kept in history for ever`,
    hint: `set it in the environment or in \`.env\`, and write \`\${NAME}\``,
  });
