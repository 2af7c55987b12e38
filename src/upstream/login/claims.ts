import { decodeJwt } from "jose";
import { isJsonObject, type JsonObject } from "../../domain/json";
import { withExactIntegers } from "../http/read-json";

/**
 * What a JWT says, without a look at its signature; null for what is no JWT. Numbers keep all their digits, as those of
 * an upstream do: an id that is rounded would be somebody else's.
 */
export function claimsOf(token: unknown): JsonObject | null {
  if (typeof token !== "string") return null;
  try {
    decodeJwt(token);
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url");
    const claims: unknown = JSON.parse(withExactIntegers(payload).toString());
    return isJsonObject(claims) ? claims : null;
  } catch {
    return null;
  }
}
