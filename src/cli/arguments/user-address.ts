import { Failure } from "../../domain/errors";

/**
 * SOURCE/KEY, or user:SOURCE/KEY; a key may itself hold slashes.
 *
 * @param prefix what the command itself wants before it
 * @throws Failure USE001
 */
export function userAddress(
  text: string,
  { command, prefix = "" }: { readonly command: string; readonly prefix?: string },
): { readonly source: string; readonly key: string } {
  const [, source, key] = /^([^/:]+)\/(.+)$/s.exec(text.replace(/^user:/, "")) ?? [];
  if (source === undefined || key === undefined) {
    throw new Failure("USE001", `\`${command} ${text}\` does not name a person`, {
      fix: `write the source and the upstream's key: ${prefix}acme/8812`,
    });
  }
  return { source, key };
}
