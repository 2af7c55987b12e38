/** Words that must not be told, and a customer's system that tells them. */
import type { Reply, SeenRequest } from "./upstream-server";

export const SECRET = "kanarie";
export const PERSONAL = "lekkage";

/** What must be looked for where a word may stand: it itself, in base64 at each of three places, in hexadecimal digits. */
export function tracesOf(word: string): RegExp {
  const encoded = [0, 1, 2].map((before) =>
    Buffer.from(`${"x".repeat(before)}${word}`)
      .toString("base64")
      // Neighbours share the letters at both ends.
      .slice(before === 0 ? 0 : before + 1, -4),
  );
  return new RegExp([word, ...encoded, Buffer.from(word).toString("hex")].join("|"), "i");
}

/** Each is another one, with letters that are written otherwise in a URL, in JSON and in a form. */
export const secret = (name: string): string => `${SECRET}-${name}+/"&=%41\\z`;
/** For a header or the user of a URL, where fewer are allowed. */
export const simple = (name: string): string => `${SECRET}-${name}`;

/** All that a request brought, as it came and as it was meant. */
function echoOf({ method, target, headers, body }: SeenRequest): string {
  return `${method} ${target} ${decodeURIComponent(target)} ${JSON.stringify(headers)} ${body} ${decodeURIComponent(body.replaceAll("%", "%25"))}`;
}
const forHeader = (text: string): string => encodeURIComponent(text).slice(0, 4_000);

/** Ways to fail, of a system that sends back whatever it was asked. */
export const ECHOES: Readonly<Record<string, (request: SeenRequest) => Reply>> = {
  "401, with a challenge": (request) => ({
    status: 401,
    headers: { "www-authenticate": `Bearer error="invalid_token", error_description="${forHeader(echoOf(request))}"` },
    body: { error: "invalid_client", error_description: echoOf(request) },
  }),
  "500, with a problem": (request) => ({
    status: 500,
    headers: { "content-type": "application/problem+json" },
    body: JSON.stringify({ type: "about:blank", title: echoOf(request), detail: echoOf(request) }),
  }),
  "text that is no JSON": (request) => ({ body: `{"items": [${echoOf(request)}` }),
  "a page for people": (request) => ({
    headers: { "content-type": "text/html" },
    body: `<pre>${echoOf(request)}</pre>`,
  }),
  "a way elsewhere": (request) => ({
    status: 302,
    headers: { location: `https://x.example/?${forHeader(echoOf(request))}` },
  }),
  "a pause": (request) => ({
    status: 429,
    headers: { "retry-after": forHeader(echoOf(request)) },
    body: echoOf(request),
  }),
  "a link elsewhere": (request) => ({
    headers: { link: `<https://x.example/?${forHeader(echoOf(request))}>; rel="next"` },
    body: { items: [], access_token: 5 },
  }),
  "a link that is none": (request) => ({
    headers: { link: `<http://[${forHeader(echoOf(request))}>; rel="next"` },
    body: { items: [] },
  }),
  "other words": (request) => ({
    body: { [echoOf(request)]: [], access_token: simple("token"), token_type: echoOf(request) },
  }),
  "a type of its own": (request) => ({
    headers: { "content-type": forHeader(echoOf(request)), "content-encoding": "x" },
    body: "",
  }),
};
