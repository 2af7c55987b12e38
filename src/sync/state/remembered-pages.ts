import type { Digest, PageChanges, PageCut, PageMemory, RememberedPage } from "../../domain/page-records";

/** The pages of one stream: how those were cut that the last run met, and what this run adds to it. */
export class RememberedPages implements PageMemory {
  readonly #known: ReadonlyMap<Digest, PageCut>;
  readonly #met = new Set<Digest>();
  readonly #learned = new Map<Digest, PageCut>();

  constructor(pages: readonly RememberedPage[]) {
    this.#known = new Map(pages.map(({ page, ...cut }) => [page, cut]));
  }

  recall(page: Digest): PageCut | null {
    const cut = this.#known.get(page) ?? null;
    if (cut !== null) this.#met.add(page);
    return cut;
  }

  remember(page: Digest, cut: PageCut): void {
    this.#learned.set(page, cut);
  }

  /** @param ended every page was met: those that were not are gone */
  changes(ended: boolean): PageChanges {
    return {
      learned: [...this.#learned].map(([page, cut]) => ({ page, ...cut })),
      forgotten: ended ? [...this.#known.keys()].filter((page) => !this.#met.has(page)) : [],
    };
  }
}
