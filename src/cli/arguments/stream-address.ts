import { Failure } from "../../domain/errors";
import { quoted } from "../../domain/quoted";

/**
 * SOURCE/ENTITY as people write it.
 *
 * @param known the sources, for an example that can be taken as it is
 * @throws Failure USE001
 */
export function streamAddress(
  address: string,
  command: string,
  known: readonly string[],
): { readonly source: string; readonly entity: string } {
  const [first = "", entity = "", ...more] = address.split("/");
  if (first !== "" && entity !== "" && more.length === 0) return { source: first, entity };
  const isSource = address.includes("/") || known.includes(first);
  const [only = "SOURCE"] = known.length === 1 ? known : [];
  const example = isSource ? `${first || only}/${entity || "users"}` : `${only}/${first || "users"}`;
  throw new Failure("USE001", `\`${command}\` takes SOURCE/ENTITY, not \`${address}\``, {
    fix: `e.g. understudy ${command} ${quoted(example)}`,
  });
}
