/** Secrets that begin so are base64 behind it, as Standard Webhooks has it (standardwebhooks.com). */
const ENCODED = "whsec_";
/** Bytes: the fewest that it wants of a key. */
const LEAST = 24;

/** The key that a webhook's secret stands for; null for one that says it is base64 and is none, or is too short to keep anybody out. */
export function webhookKey(secret: string): Buffer | null {
  if (!secret.startsWith(ENCODED)) return Buffer.from(secret, "utf8");
  const rest = secret.slice(ENCODED.length);
  if (!BASE64.test(rest)) return null;
  const key = Buffer.from(rest, "base64");
  return key.length < LEAST ? null : key;
}

/** Some leave out what fills it up. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
