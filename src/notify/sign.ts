/** Signatures as Standard Webhooks describes them (standardwebhooks.com), so that there is a library for every receiver. */
import { createHmac } from "node:crypto";
import type { Secret } from "../domain/secret";

/** Secrets that begin so are base64 behind it. */
const ENCODED = "whsec_";

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

const keyOf = (secret: string): Buffer =>
  secret.startsWith(ENCODED) ? Buffer.from(secret.slice(ENCODED.length), "base64") : Buffer.from(secret, "utf8");
