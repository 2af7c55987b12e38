import type { Account } from "../domain/login";

/** As an answer tells it. */
export const passwordChangedAt = ({ passwordChangedAt }: Account): string | null =>
  passwordChangedAt === null ? null : new Date(passwordChangedAt).toISOString();
