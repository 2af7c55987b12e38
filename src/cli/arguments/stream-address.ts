import { Failure } from "../../domain/errors";

/** SOURCE/ENTITY as people write it. @throws Failure USE001 */
export function streamAddress(address: string, command: string): { readonly source: string; readonly entity: string } {
  const [source = "", entity = "", ...more] = address.split("/");
  if (source !== "" && entity !== "" && more.length === 0) return { source, entity };
  throw new Failure("USE001", `\`${command}\` takes SOURCE/ENTITY, not \`${address}\``, {
    fix: `e.g. understudy ${command} ${source === "" ? "acme" : source}/users`,
  });
}
