import type { Paging } from "../../domain/job";
import type { Entry } from "../yaml/entry";

/**
 * Query parameters that are said beside `page`, and never sent, since it sends another value from the first page on. By `as` it sends
 * none there: then what is said is where the list begins, such as `cursor=*`.
 *
 * @param queries maps of query parameters that nothing overrides but `page`
 */
export function checkPagingQuery(page: Paging, get: Entry, queries: readonly (Entry | null)[]): void {
  const sent = new Map<string, string>();
  if (page.kind === "offset" || page.kind === "number") sent.set(page.as, String(page.from));
  if (page.size !== null) sent.set(page.size.name, String(page.size.count));

  const inPath = [...new URLSearchParams(get.text()?.split("?")[1] ?? "")].map(([name, value]) => ({
    name,
    value,
    entry: get,
  }));
  const inQuery = queries
    .flatMap((query) => query?.entries() ?? [])
    .map((entry) => ({ name: entry.name, value: entry.written(), entry }));
  for (const { name, value, entry } of [...inPath, ...inQuery]) {
    const other = sent.get(name);
    if (other === undefined || other === value) continue;
    const message = `\`page\` sends \`${name}=${other}\` and what follows, so \`${name}\` as it stands here is never sent`;
    entry.report({ message, hint: "say it in one place" });
  }
}
