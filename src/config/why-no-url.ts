import { isHalfAVariable } from "./refuse-literal";

/** What is wrong with a text that should be a URL, as the end of a sentence. It never repeats the text, which may hold a password. */
export interface NoUrl {
  readonly why: string;
  readonly hint: string | null;
}

/** What is asked over HTTP. */
export const WEB = ["https:", "http:"] as const;

const ENCODE = "percent-encode them: `#` is `%23`, `/` is `%2F`, `?` is `%3F`, `@` is `%40`, `%` is `%25`";

/** Null for a URL of one of these protocols, such as `https:`; the first one is named. */
export function whyNoUrl(text: string, protocols: readonly string[]): NoUrl | null {
  const begin = protocols.find((protocol) => text.toLowerCase().startsWith(`${protocol}//`));
  if (begin === undefined)
    return { why: `must be a URL that begins with ${beginnings(protocols)}`, hint: missingBeginning(text, protocols) };
  const rest = text.slice(begin.length + 2);
  const authority = /^[^/?#]*/.exec(rest)?.[0] ?? "";
  const [, host = "", port = ""] =
    /^(.*?)(?::([^:\]]*))?$/s.exec(authority.slice(authority.lastIndexOf("@") + 1)) ?? [];
  const isNumber = /^\d+$/.test(port);
  // The `@` before the host stands behind what ends one: what looks like a port is the beginning of a password.
  const isCut =
    !authority.includes("@") &&
    port !== "" &&
    // Of numbers that is known only where no path and no query has an `@` of its own.
    (isNumber ? protocols !== WEB && /^[/#][^?]*@/.test(rest.slice(authority.length)) : rest.includes("@"));
  const url = URL.canParse(text) ? new URL(text) : null;
  if (isCut || (url !== null && !isDecodable(url.username + url.password)))
    return { why: "has a user or password with characters that mean something else in a URL", hint: ENCODE };
  if (url !== null) return null;
  if (port !== "" && !(isNumber && Number(port) <= 65_535))
    return { why: "names a port that is none", hint: "a port is a number up to 65535" };
  return { why: host === "" ? "names no host" : "cannot be read as a URL", hint: null };
}

/** What was probably left out: the beginning of a host, or half of how a variable is written. */
function missingBeginning(text: string, protocols: readonly string[]): string | null {
  if (isHalfAVariable(text)) return `a variable is written \`\${NAME}\`, with \`$\` and both braces`;
  const isHost = /^(?:localhost|[\w-]+(?:\.[\w-]+)+|\[[\da-f:]+\])(?::\d+)?(?:[/?]|$)/i.test(text);
  return isHost && protocols === WEB ? "put `https://` before it, or `http://` where there is no TLS" : null;
}

/** Of several names of the same the first is enough. */
const beginnings = (protocols: readonly string[]): string =>
  (protocols === WEB ? WEB : protocols.slice(0, 1)).map((protocol) => `${protocol}//`).join(" or ");

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
