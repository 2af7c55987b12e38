import { Failure } from "../../domain/errors";

/** SOURCE/KEY; a key may itself hold slashes. @throws Failure USE001 */
export function userAddress(text: string, command: string, prefix = ""): { source: string; key: string } {
  const [, source, key] = /^([^/:]+)\/(.+)$/s.exec(text) ?? [];
  if (source === undefined || key === undefined) {
    throw new Failure("USE001", `\`${command}\` does not name a person`, {
      fix: `write the source and the upstream's key: ${prefix}acme/8812`,
    });
  }
  return { source, key };
}
