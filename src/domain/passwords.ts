/** Passwords that a mapping brings, as hashes of the customer's system; a password itself is never read from anywhere. */
import type { Secret } from "./secret";

export const PASSWORD_FORMATS = [
  "bcrypt",
  "argon2",
  "scrypt",
  "pbkdf2",
  "django-pbkdf2",
  "ldap-ssha",
  "sha512-crypt",
] as const;
export type PasswordFormat = (typeof PASSWORD_FORMATS)[number];

/** What a mapping brings of a password. `none`: nobody can sign in by one, as far as the customer's system is concerned. */
export type MappedPassword =
  | { readonly found: "hash"; readonly hash: Secret }
  | { readonly found: "none" }
  | { readonly found: "unusable"; readonly because: UnusableHash };

/**
 * Why a hash is not taken over. `unreadable`: it begins like one of the mapping's formats and is none; `too-costly`: checking it
 * would take more than a login may.
 */
export type UnusableHash = "other-format" | "unreadable" | "too-costly";

/** In words that follow who has it. */
export const whyUnusable = (because: UnusableHash, formats: readonly PasswordFormat[]): string =>
  ({
    "other-format": `is no hash of the format ${formats.join(" or ")}`,
    unreadable: "begins like a hash of its format and cannot be read as one",
    "too-costly": "would cost more to check than a login may",
  })[because];

/** What came of the password of one record. */
export interface StagedPassword {
  readonly key: string;
  readonly password: MappedPassword;
}

/** What was read of passwords. */
export interface PasswordCounts {
  /** People with a hash that is taken over, or was before. */
  readonly usable: number;
  /** Of these the ones with another hash than before, or with their first. */
  readonly changed: number;
  /** People without one. */
  readonly none: number;
  /** Of these the ones who had one until now. */
  readonly gone: number;
  /** People whose hash is not taken over; they are not counted as `none`. */
  readonly unusable: Readonly<Record<UnusableHash, number>>;
}

/** Whether a mapping says where passwords stand. */
export const readsPasswords = ({ fields }: { readonly fields: readonly { readonly type: string }[] }): boolean =>
  fields.some(({ type }) => type === "password");
