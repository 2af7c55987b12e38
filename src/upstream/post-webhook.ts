import type { Log } from "../domain/log";
import type { Secret } from "../domain/secret";
import { type Resolver, systemResolver } from "./http/address-guard";
import { createHttpClient } from "./http/http-client";
import { noHeaders } from "./http/job-headers";
import { DEFAULT_LIMITS } from "./http/limits";
import { DIRECT, type Outgoing } from "./http/outgoing";

/** Milliseconds for one attempt, from connect to the last byte. */
const TIMEOUT = 10_000;
interface WebhookRequest {
  readonly url: Secret;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

/** Posts with the guards of every request that is sent out: the address checked at connect, no redirect, all times limited. */
export const createWebhookPoster =
  ({
    log,
    file,
    resolver = systemResolver,
    outgoing = DIRECT,
  }: {
    readonly log: Log;
    readonly file: string;
    readonly resolver?: Resolver;
    readonly outgoing?: Outgoing;
  }) =>
  async ({
    url: secret,
    headers,
    body,
    allowPrivate,
    signal,
  }: WebhookRequest): Promise<{ readonly status: number }> => {
    const url = new URL(secret.reveal());
    const http = createHttpClient({
      job: { file, http: { allowPrivate, concurrency: 1, timeout: TIMEOUT } },
      headersFor: noHeaders,
      log,
      limits: DEFAULT_LIMITS,
      resolver,
      outgoing,
    });
    try {
      // The path may be what lets us in.
      const request = { method: "POST", url, shown: url.origin, headers, body, ignoresBody: true } as const;
      const { status } = await http.send(request, signal);
      return { status };
    } finally {
      await http.close();
    }
  };
