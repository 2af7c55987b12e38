/** Signatures as Standard Webhooks describes them (standardwebhooks.com), so that there is a library for every receiver. */
import { createHmac } from "node:crypto";
import type { Secret } from "../domain/secret";
import { webhookKey } from "../domain/webhook-key";

/**
 * Headers that prove who sent a body, and when.
 *
 * @param at seconds since 1970
 */
export function signedHeaders(
  { id, at, body }: { readonly id: string; readonly at: number; readonly body: string },
  secret: Secret | null,
): Readonly<Record<string, string>> {
  const headers = { "webhook-id": id, "webhook-timestamp": String(at) };
  if (secret === null) return headers;
  const signature = createHmac("sha256", keyOf(secret.reveal())).update(`${id}.${at}.${body}`).digest("base64");
  return { ...headers, "webhook-signature": `v1,${signature}` };
}

/** Job files with another secret are refused. */
function keyOf(secret: string): Buffer {
  const key = webhookKey(secret);
  if (key === null) throw new Error("a webhook's secret is no key");
  return key;
}
