/**
 * As a shell takes it for one word. For whatever came from outside and stands in a command that people are told to enter: a key of
 * the customer's may hold what a shell runs.
 */
export const quoted = (text: string): string =>
  /^[\w.:@/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
