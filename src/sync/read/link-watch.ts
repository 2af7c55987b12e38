import { isEntity } from "../../domain/entities";
import type { Stream } from "../../domain/job";
import { digestAt, type PageRecords } from "../../domain/page-records";
import { sharedKeyset } from "../../domain/shared-keyset";
import { fallenTotal } from "./fallen-total";
import type { FoldedPage } from "./fold-page";
import { linkName } from "./kept-record";

/**
 * The links of one list, be it that of a parent or a list of nothing but links, and whether all were read: a record that comes on a
 * second page says that another may have been moved past it, unread. Several records may state one link, such as a role held by
 * oneself and by a group.
 */
export class LinkWatch {
  /** By link and record. */
  readonly #pages = new Map<string, number>();
  /** What came besides links. */
  #others = 0;
  #total: number | null = null;
  #unproven: string | null = null;
  #areAllMapped = true;
  readonly #shared: string | null;

  constructor(stream: Stream) {
    // Of records the second witness asks.
    const isRevoked = !isEntity(stream.into) && stream.deletes.absence !== "never";
    this.#shared = isRevoked ? sharedKeyset(stream) : null;
  }

  /** A link that could not be mapped may be any of those that the mirror holds. */
  get areAllMapped(): boolean {
    return this.#areAllMapped;
  }

  /** Why the list is not proven whole, once it was read to its end; null when it is. */
  get unproven(): string | null {
    const listed = this.#pages.size + this.#others;
    const miscounted = this.#total !== null && this.#total !== listed;
    return this.#unproven ?? (miscounted ? `${this.#total} were declared and ${listed} listed` : null);
  }

  /**
   * @param folded a page
   * @param records those that stood on it; the upstream declares a total of them
   * @param page from 1
   */
  meet(folded: FoldedPage, records: PageRecords, total: number | null, page: number): void {
    this.#unproven ??= this.#meetLinks(folded, records, page) ?? fallenTotal(this.#total, total, `page ${page}`);
    if (this.#shared !== null && page > 1)
      this.#unproven ??= `it has several pages by \`${this.#shared}\`, which links may share: one beside the edge of a page is on none`;
    this.#total = total ?? this.#total;
    this.#others += records.length - folded.folded - folded.links.length;
    this.#areAllMapped &&= folded.rejects.length === 0;
  }

  /** @returns what came on two pages, and on which; null when nothing did */
  #meetLinks({ links, linkPlaces }: FoldedPage, records: PageRecords, page: number): string | null {
    if (links.length === 0) return null;
    const digests = records.digests();
    for (const [index, link] of links.entries()) {
      const name = linkName(link);
      const stated = `${name} ${digestAt(digests, linkPlaces[index] ?? 0)}`;
      const before = this.#pages.get(stated) ?? page;
      if (before !== page) return `\`${name}\` came on page ${before} and again on page ${page}`;
      this.#pages.set(stated, page);
    }
    return null;
  }
}
