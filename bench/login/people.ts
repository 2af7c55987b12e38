/** Whom the bench's customer knows. */
export const USERS = 2_000;
/** Everybody's. */
export const PASSWORD = "correct horse battery staple";
