import { createHash } from "node:crypto";

/** Of all that decides something: where any of it is another, or in another order, so is the fingerprint. */
export const fingerprintOf = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex");
