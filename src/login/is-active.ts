import type { Account } from "../domain/login";

/** Whether the person may sign in at all, at `now`. */
export const isActive = ({ status, validFrom, validUntil }: Account, now: number): boolean =>
  status === "active" && (validFrom ?? now) <= now && now < (validUntil ?? Number.POSITIVE_INFINITY);
