/** A document's text on one line: what could end a comment or command a terminal becomes a space. */
export const plainText = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ")
    .trim()
    .slice(0, 200);
