import type { StagedLink } from "../domain/staging";
import { linkName } from "./kept-record";

/** Tells the links of one parent that come on a second page: where one did, another may have been moved past it, unread. */
export class LinkWatch {
  /** Most parents have one page; what is on it is looked at when there is a second. */
  #first: readonly StagedLink[] = [];
  readonly #pages = new Map<string, number>();

  /**
   * @param page from 1
   * @returns what came twice, and where; null when nothing did
   */
  meet(links: readonly StagedLink[], page: number): string | null {
    if (page === 1) {
      this.#first = links;
      return null;
    }
    for (const link of this.#first) this.#pages.set(linkName(link), 1);
    this.#first = [];
    for (const link of links) {
      const name = linkName(link);
      const before = this.#pages.get(name) ?? page;
      if (before !== page) return `\`${name}\` came on page ${before} and again on page ${page}`;
      this.#pages.set(name, page);
    }
    return null;
  }
}
