import type { StagedLink } from "../../domain/staging";
import { linkName } from "./kept-record";

/** The links of one parent, and whether one came on a second page: then another may have been moved past it, unread. */
export class LinkWatch {
  readonly #pages = new Map<string, number>();

  /** Links met, each once. */
  get distinct(): number {
    return this.#pages.size;
  }

  /**
   * @param page from 1
   * @returns what came on two pages, and on which; null when nothing did
   */
  meet(links: readonly StagedLink[], page: number): string | null {
    for (const link of links) {
      const name = linkName(link);
      const before = this.#pages.get(name) ?? page;
      if (before !== page) return `\`${name}\` came on page ${before} and again on page ${page}`;
      this.#pages.set(name, page);
    }
    return null;
  }
}
