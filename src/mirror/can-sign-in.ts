/** The fields that decide whether somebody may sign in. */
export const SIGN_IN_FIELDS = ["status", "valid_from", "valid_until"] as const;

/**
 * Whether somebody may sign in at a moment, as `login/is-active.ts` says of one person.
 *
 * @param field what stands for a field
 */
export const canSignIn = (field: (name: (typeof SIGN_IN_FIELDS)[number]) => string, moment: string): string =>
  `(${field("status")} = 'active' and coalesce(${field("valid_from")} <= ${moment}, true) and coalesce(${field("valid_until")} > ${moment}, true))`;

/**
 * The same by the `old` or the `new` values of a change. What these do not tell, the change leaves as it is in the mirror.
 *
 * @param row of `mirror.users`
 */
export const canSignInBy = (values: string, row: string, moment: string): string =>
  canSignIn(
    (name) =>
      `case when jsonb_exists(${values}, '${name}') then (${values} ->> '${name}')${name === "status" ? "" : "::timestamptz"} else ${row}.${name} end`,
    moment,
  );
