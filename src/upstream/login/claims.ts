import { decodeJwt } from "jose";
import { isJsonObject, type JsonObject } from "../../domain/json";

/** What a JWT says, whoever signed it; null for what is no JWT. */
export function claimsOf(token: unknown): JsonObject | null {
  if (typeof token !== "string") return null;
  try {
    const claims: unknown = decodeJwt(token);
    return isJsonObject(claims) ? claims : null;
  } catch {
    return null;
  }
}
