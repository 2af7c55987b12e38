import { Failure } from "../../domain/errors";
import { type AnswerHeaders, readHeader } from "../http/places";
import type { LoginClient } from "./login-client";

interface FetchOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/**
 * `fetch` for libraries, by our own client: guarded, bounded, without redirects. Answers that are none of the protocol's
 * throw their `Failure` here, before the library has a word for them.
 */
export const createGuardedFetch =
  ({ http }: Pick<LoginClient, "http">, signal: AbortSignal) =>
  async (address: string, { method, headers, body }: FetchOptions): Promise<Response> => {
    const url = new URL(address);
    const shown = `${url.origin}${url.pathname}`;
    const answer = await http.send(
      {
        method: method === "POST" ? "POST" : "GET",
        url,
        shown,
        headers,
        ...(body == null ? {} : { body: String(body) }),
      },
      signal,
    );
    const { status } = answer;
    refuseStatus(status, shown);
    return new Response(status === 204 ? null : new Uint8Array(answer.body.whole()), {
      status,
      headers: plain(answer.headers),
    });
  };

/** @throws Failure for a status that is none of the protocol's */
export function refuseStatus(status: number, shown: string): void {
  const fail = (code: "UPS003" | "UPS004" | "UPS008") =>
    new Failure(code, `${shown} answered with status ${status}`, { data: { status } });
  if (status >= 500) throw fail("UPS003");
  if (status === 429) throw fail("UPS004");
  if (status >= 300 && status < 400) throw fail("UPS008");
}

/** What the body was packed in is undone already. */
const plain = (headers: AnswerHeaders): [string, string][] =>
  Object.keys(headers)
    .filter((name) => !/^(content-encoding|content-length)$/i.test(name))
    .map((name) => [name, readHeader(headers, name) ?? ""]);

/** What a library says of an answer, as a failure of ours; its own messages may repeat the answer, and are left out. */
export function libraryFailure(error: unknown, shown: string): unknown {
  if (error instanceof Failure || !(error instanceof Error)) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return new Failure("UPS013", `${shown} did not answer as an OpenID provider does (${code})`, {
    fix: "check `issuer`: the discovery document must name itself exactly so",
    cause: error,
  });
}
