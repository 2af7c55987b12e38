import type { StagedLink } from "../../domain/staging";
import { fallenTotal } from "./fallen-total";
import type { FoldedPage } from "./fold-page";
import { linkName } from "./kept-record";

/**
 * The links of one list, be it that of a parent or a list of nothing but links, and whether all were read: a link that comes on a
 * second page says that another may have been moved past it, unread.
 */
export class LinkWatch {
  readonly #pages = new Map<string, number>();
  /** What came besides links. */
  #others = 0;
  #total: number | null = null;
  #unproven: string | null = null;
  #rejected = 0;

  /** Links that could not be mapped: any of them may be one that the mirror holds. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Why the list is not proven whole, once it was read to its end; null when it is. */
  get unproven(): string | null {
    const listed = this.#pages.size + this.#others;
    const miscounted = this.#total !== null && this.#total !== listed;
    return this.#unproven ?? (miscounted ? `${this.#total} were declared and ${listed} listed` : null);
  }

  /**
   * @param folded a page
   * @param listed how many records stood on it, of which the upstream declares a total
   * @param page from 1
   */
  meet({ links, rejects, folded }: FoldedPage, listed: number, total: number | null, page: number): void {
    this.#unproven ??= this.#meetLinks(links, page) ?? fallenTotal(this.#total, total, `page ${page}`);
    this.#total = total ?? this.#total;
    this.#others += listed - folded - links.length;
    this.#rejected += rejects.length;
  }

  /** @returns what came on two pages, and on which; null when nothing did */
  #meetLinks(links: readonly StagedLink[], page: number): string | null {
    for (const link of links) {
      const name = linkName(link);
      const before = this.#pages.get(name) ?? page;
      if (before !== page) return `\`${name}\` came on page ${before} and again on page ${page}`;
      this.#pages.set(name, page);
    }
    return null;
  }
}
