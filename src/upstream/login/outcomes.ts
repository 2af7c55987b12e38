import { Failure } from "../../domain/errors";
import type { LiveOutcome } from "../../domain/login";
import type { Answer } from "../http/http-client";
import { isNoHttp } from "../http/network-failure";

type Reason<T extends LiveOutcome["outcome"]> = Extract<LiveOutcome, { outcome: T; reason: string }>["reason"];

export const REFUSED: LiveOutcome = { outcome: "refused" };
export const unavailable = (reason: Reason<"unavailable">): LiveOutcome => ({ outcome: "unavailable", reason });
export const indeterminate = (reason: Reason<"indeterminate">): LiveOutcome => ({ outcome: "indeterminate", reason });

/** Errors of OAuth (RFC 6749, 5.2) that are said of our own account, whatever was asked about. */
export const ABOUT_US: readonly string[] = ["invalid_client", "unauthorized_client"];

/**
 * What trouble on the way to an answer means for a login. Only what shows that the customer's system is out of reach is
 * `unavailable`; what anybody in between could have made up is not. Null for an interruption, and for a bug.
 */
export function outcomeOfFailure(failure: unknown): LiveOutcome | null {
  if (!(failure instanceof Failure)) return null;
  switch (failure.code) {
    case "UPS001":
      return isNoHttp(failure) ? indeterminate("nonsense") : unavailable("network");
    case "UPS002":
      return unavailable("timeout");
    case "UPS003":
      return unavailable("server-error");
    case "UPS004":
      return indeterminate("rate-limited");
    case "UPS005":
      return unavailable("service-account");
    case "UPS007":
      return indeterminate("certificate");
    case "UPS008":
      return indeterminate("redirect");
    case "UPS006":
    case "UPS009":
    case "UPS010":
    case "UPS011":
    case "UPS012":
    case "UPS013":
    case "UPS017":
      return indeterminate("nonsense");
    default:
      return null;
  }
}

/** What a status alone means, before anybody's expression is asked; null where it means nothing by itself. */
export function outcomeOfStatus({ status }: Pick<Answer, "status">): LiveOutcome | null {
  if (status >= 500) return unavailable("server-error");
  if (status === 429) return indeterminate("rate-limited");
  return status >= 300 && status < 400 ? indeterminate("redirect") : null;
}
