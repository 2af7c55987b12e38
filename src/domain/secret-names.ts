/** Matched at the end of the name, so that `passwordChanged` stays. */
const SECRET_NAME =
  /(pass(word|wd|phrase|code)|pwd|secret|token|authorization|(api|private)[-_]?key|cookie|pepper|salt|hash|answer|otp)s?$/i;

/** Whether a property's name marks a secret. A boolean or a number, as in `mustChangePassword: true`, is none all the same. */
export const isNamedLikeSecret = (name: string): boolean => SECRET_NAME.test(name);
