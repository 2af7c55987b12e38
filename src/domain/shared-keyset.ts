import type { Stream } from "./job";

/**
 * Whether two records of a list may share the value by which its next page is asked for. Where they do on both sides of a page's
 * edge, the second of them is on no page. The key alone is known to be of one record, and links have none; for other values the job may
 * vouch, and a declared total would tell who is missing.
 *
 * @returns the path of that value; null where nobody can be missed so
 */
export function sharedKeyset({ page, mapping }: Pick<Stream, "page" | "mapping">): string | null {
  if (page.kind !== "keyset" || page.isUnique || page.total !== null) return null;
  const path = page.field.join(".");
  return mapping.key?.text.replaceAll("`", "") === path ? null : path;
}
