import { createHash } from "node:crypto";

/** SHA-256 in hex over all that decides something; it changes with any of the parts, and with their order. */
export const fingerprintOf = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex");
