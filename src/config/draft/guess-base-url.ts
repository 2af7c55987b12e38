import { isJsonObject } from "../../domain/json";
import type { ApiDocument } from "../openapi/api-document";
import type { NotedVariables } from "./noted-variables";
import { plainText } from "./plain-text";

export interface BaseUrl {
  /** As the job writes it: a URL, or a variable with the path that the document knows. */
  readonly text: string;
  /** What the document says instead, where that is no address to rely on; null when it is. */
  readonly comment: string | null;
  /** The document's URL of a token endpoint as the job writes it. */
  readonly resolve: (url: string) => string;
}

/** Where the API is: the one server the document names, else a variable that a person sets. */
export function guessBaseUrl(document: ApiDocument, variables: NotedVariables): BaseUrl {
  const { servers } = document.root;
  const all = (Array.isArray(servers) ? servers : []).filter(isJsonObject);
  const urls = all.map(({ url }) => (typeof url === "string" ? url : "")).filter((url) => url !== "");
  const [first = ""] = urls;
  const { origin, path } = apart(first);
  const isReliable = urls.length === 1 && /^https:\/\/[\w.-]+(?::\d+)?$/.test(origin) && !isExample(origin);
  const base = isReliable ? origin : variables.refer("URL", "where the API is: scheme and host, such as https://…");
  const comment = isReliable
    ? null
    : urls.length === 0
      ? "the document names no server"
      : `the document says ${urls.slice(0, 3).join(" or ")}`;
  return {
    text: base + path,
    comment,
    resolve(url) {
      const other = apart(url);
      if (other.path === "" || url.replace(origin, "").includes("{"))
        return variables.refer("TOKEN_URL", `the token endpoint: ${plainText(url)}`);
      // What the document has on its own server is on the customer's server as well.
      const isForeign = other.origin !== "" && other.origin !== origin && !other.origin.includes("{");
      return (isForeign ? other.origin : base) + other.path;
    },
  };
}

/** Servers of the author's own machine, and names that are reserved for documents. */
const isExample = (origin: string): boolean =>
  /^https:\/\/(?:localhost|\d+\.\d+\.\d+\.\d+|(?:.*\.)?example(?:\.(?:com|org|net))?|.*\.(?:local|test|invalid))(?::\d+)?$/.test(
    origin,
  );

/** A URL in two; a server without an origin is a path, and a path with an open part says nothing. */
function apart(url: string): { readonly origin: string; readonly path: string } {
  const [, origin = "", rest = ""] = /^(https?:\/\/[^/?#]*)?([^?#]*)/.exec(url) ?? [];
  const path = rest.replace(/\/+$/, "");
  return { origin, path: /^\/[\w\-.~%:@/]*$/.test(path) ? path : "" };
}
