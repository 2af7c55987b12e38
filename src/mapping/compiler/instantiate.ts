import { RUNTIME } from "./runtime";
import type { Writer } from "./writer";

/** The written program as a function. Its text holds no text of the mapping but quoted names and constants. */
export function instantiate<F>(writer: Writer, params: readonly string[], ending: string): F {
  const constants = writer.constants.map((_, index) => `k${index}`);
  const text = `"use strict";
const { ${Object.keys(RUNTIME).join(", ")} } = runtime;
const [${constants.join(", ")}] = constants;
return (${params.join(", ")}) => {
${writer.body()}
${ending}
};`;
  return new Function("runtime", "constants", text)(RUNTIME, writer.constants) as F;
}
