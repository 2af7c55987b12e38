import { createHash, hkdfSync, randomBytes } from "node:crypto";

/** What the one secret outside the database is used for; each has a key of its own. */
export interface DerivedKeys {
  /** Seals the private keys in the database. */
  readonly signingKeys: Uint8Array;
  /** Makes a handle's successor. */
  readonly handles: Uint8Array;
}

/** HKDF-SHA-256 (RFC 5869), so that what is learned of one key tells nothing of the others. */
export function deriveKeys(secret: Uint8Array): DerivedKeys {
  const key = (purpose: string) => new Uint8Array(hkdfSync("sha256", secret, "understudy", purpose, 32));
  return { signingKeys: key("signing-keys"), handles: key("handles") };
}

/** As it is kept of what is random and long: an API key, a handle, a code. */
export const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

const API_KEY = /^usk_[A-Za-z0-9_-]{43}$/;

/** Shown once. The prefix lets scanners of source code tell what they found. */
export const makeApiKey = (): string => `usk_${randomBytes(32).toString("base64url")}`;

/** What could not be a key need not be looked up. */
export const isApiKey = (text: string): boolean => API_KEY.test(text);

export const makeCode = (): string => randomBytes(32).toString("base64url");
