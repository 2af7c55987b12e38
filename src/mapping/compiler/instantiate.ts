import { RUNTIME } from "./runtime";
import type { Writer } from "./writer";

/**
 * The written program as a function of `params`; it may call what `RUNTIME` and `more` hold, by name. Its text holds
 * no text of the mapping but quoted names and constants.
 */
export function instantiate<F>(
  writer: Writer,
  params: readonly string[],
  ending: string,
  more: Readonly<Record<string, unknown>> = {},
): F {
  const runtime = { ...RUNTIME, ...more };
  const constants = writer.constants.map((_, index) => `k${index}`);
  const text = `"use strict";
const { ${Object.keys(runtime).join(", ")} } = runtime;
const [${constants.join(", ")}] = constants;
${writer.functions.join("\n")}
return (${params.join(", ")}) => {
${writer.body()}
${ending}
};`;
  return new Function("runtime", "constants", text)(runtime, writer.constants) as F;
}
