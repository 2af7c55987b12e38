import { decodeProtectedHeader } from "jose";
import type { SigningKeyRow } from "../../domain/sessions";
import { hashOf } from "./secrets";

/** The purpose of the secrets that seal keys. */
export const SEALS_KEYS = "signing-keys";

/** Which secret sealed a key, without telling anything of it. */
export const nameOf = (secret: Uint8Array): string =>
  hashOf(Buffer.from(secret).toString("base64url")).subarray(0, 9).toString("base64url");

/** Finds the secret that opens a key; null for one that none of these opens. */
export function openerAmong(secrets: readonly Uint8Array[]): (key: SigningKeyRow) => Uint8Array | null {
  const byName = new Map(secrets.map((secret) => [nameOf(secret), secret]));
  return ({ sealed }) => byName.get(decodeProtectedHeader(sealed).kid ?? "") ?? null;
}
