/** Names as words: how documents write them does not matter, only what they say. */

/** "listGroup_users" -> ["list", "group", "users"]; of a dotted id only the last part speaks. */
export const wordsOf = (name: string): readonly string[] =>
  (name.split(".").at(-1) ?? name)
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");

/** "userPrincipalName", "user_principal_name" -> "userprincipalname". */
export const plainName = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");

/** "companies" -> "company", "users" -> "user"; "status" and "address" stay what they are. */
export function singular(word: string): string {
  if (/(?:[^aeiou])ies$/.test(word)) return word.replace(/ies$/, "y");
  return /(?:ss|us|is)$/.test(word) ? word : word.replace(/s$/, "");
}

/** "employeeNumber" -> "employee_number": how attributes are named here. */
export const snakeCase = (name: string): string => wordsOf(name).join("_");
