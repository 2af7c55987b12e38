import type { Variables } from "../variables";
import type { Entry } from "../yaml/entry";
import { readUrl } from "./read-auth";

/** An address of a login way. What is sent there are passwords and tokens, which everybody on the way can read without TLS. */
export function readEndpoint(entry: Entry | null, variables: Variables): string {
  const url = readUrl(entry, variables);
  if (entry !== null) warnOfPlainHttp(entry, url);
  return url;
}

/** Our own address, where the cookie of the sign-in counts: any other would never get it back. */
export function readCallback(entry: Entry | null, variables: Variables, source: string): string {
  const url = readEndpoint(entry, variables);
  const path = `/v1/login/${source}/callback`;
  if (entry !== null && url !== "" && !url.includes("${") && !url.endsWith(path))
    entry.report({ message: `\`callback\` must end in \`${path}\`: that is where people come back to` });
  return url;
}

export function warnOfPlainHttp(entry: Entry, url: string): void {
  if (!URL.canParse(url) || new URL(url).protocol !== "http:" || isOwnMachine(new URL(url).hostname)) return;
  entry.report({
    severity: "warning",
    message: `\`${entry.name}\` is reached without TLS: passwords and tokens can be read on the way`,
    hint: "write `https://`",
  });
}

const isOwnMachine = (host: string): boolean => /^(localhost|127\.[\d.]+|\[::1\])$/.test(host);

/** Where people may be sent back to. They are compared letter by letter, so each must be written as browsers write it. */
export function readReturnAddresses(entry: Entry | null, variables: Variables): readonly string[] {
  return (entry?.items() ?? []).map((item) => {
    const url = variables.text(item);
    if (url.includes("${") || url === "") return url;
    const parsed = URL.canParse(url) ? new URL(url) : null;
    if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username !== "" || parsed.password !== "")
      item.report({ message: "this must be a whole address that begins with https:// or http://" });
    else if (parsed.hash !== "" || url.includes("*"))
      item.report({ message: "this must be one exact address, without `*` and `#`" });
    else warnOfPlainHttp(item, url);
    return url;
  });
}
