/** Characters that move the cursor, colour, or turn the direction of what follows. */
export const COMMANDING = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text of others on one line of a terminal: what could command the terminal is written out, such as `\u001b`. */
export const plain = (text: string): string =>
  text.replace(COMMANDING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
