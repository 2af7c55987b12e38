import { Failure } from "../../domain/errors";
import type { Credential, LiveOutcome } from "../../domain/login";
import type { HttpClient } from "../http/http-client";

/** One way of asking. What it throws is trouble on the way: a `Failure` of the upstream. */
export interface Way {
  check(credential: Credential, signal: AbortSignal): Promise<LiveOutcome>;
  /** Asks for nobody; throws when nobody answers. */
  probe(signal: AbortSignal): Promise<void>;
}

/**
 * Asks an address without any credential: whatever is said to that is an answer, but for a 5xx. That the method is not known there
 * (501) is one: logins come by another.
 */
export async function probeAddress(
  http: HttpClient,
  { url, shown }: { readonly url: URL; readonly shown: string },
  signal: AbortSignal,
): Promise<void> {
  const { status } = await http.send({ method: "GET", url, shown, headers: {} }, signal);
  if (status >= 500 && status !== 501)
    throw new Failure("UPS003", `${shown} answered with status ${status}`, { data: { status } });
}
