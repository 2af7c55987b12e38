/** The setting of a job that says what is asked: where trouble with the answer is mended. */
export type Setting = "get" | "one" | "auth.tokenUrl";

/** Those that make up its address. */
export const addressOf = (setting: Setting): string =>
  setting === "auth.tokenUrl" ? "`auth.tokenUrl`" : `\`baseUrl\` and \`${setting}\``;
