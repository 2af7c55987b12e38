export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `Array.isArray` does not tell a list that may not be changed from other values. */
export const isJsonList = (value: unknown): value is readonly Json[] => Array.isArray(value);
