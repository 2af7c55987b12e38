import { openScope, type Scope } from "../http/interruption";
import type { Target } from "../http/request-url";
import type { Page } from "./read-page";

/** So much is held at once of pages that were asked for ahead, in bytes, if they are as large as the one before. */
const HELD_AT_MOST = 16 * 1024 * 1024;

type Load = (target: Target, number: number, signal: AbortSignal) => Promise<Page>;

/** Pages that are asked for before it is their turn. A forecast that fails costs the requests under way, and is the last. */
export class LookAhead {
  readonly #underWay = new Map<string, Promise<Page>>();
  readonly #forecasts: Scope;

  /**
   * @param atOnce pages under way at once at most, the next included
   * @param signal ends all requests
   */
  constructor(
    readonly load: Load,
    readonly atOnce: number,
    readonly signal: AbortSignal,
  ) {
    this.#forecasts = openScope(signal);
  }

  /**
   * How many pages may be asked for ahead of the next one, behind this. One more with each page, for some who read take only the
   * first.
   *
   * @param number of the page, from 1
   */
  room({ bytes }: Page, number: number): number {
    const held = Math.floor(HELD_AT_MOST / Math.max(1, bytes));
    return this.#isRight() ? Math.max(0, Math.min(this.atOnce, number, held) - 1) : 0;
  }

  /**
   * Asks for pages, unless they are under way. Trouble with one is thrown where it is taken. @param first number of the
   * first
   */
  ask(targets: readonly Target[], first: number): void {
    for (const [index, target] of targets.entries()) {
      const { href } = target.url;
      if (this.#underWay.has(href)) continue;
      const page = this.load(target, first + index, this.#forecasts.signal);
      page.catch(ignore);
      this.#underWay.set(href, page);
    }
  }

  /** The page, which was asked for ahead or is asked for now. All before it have come. */
  take(target: Target, number: number): Promise<Page> {
    const { href } = target.url;
    const page = this.#isRight() ? this.#underWay.get(href) : undefined;
    if (page === undefined) {
      if (this.#underWay.size > 0) this.drop();
      return this.load(target, number, this.signal);
    }
    this.#underWay.delete(href);
    return page;
  }

  /**
   * Ends what is under way, which nobody will take, so that it is not tried again and keeps nobody from their turn. Nothing more is
   * asked for ahead.
   */
  drop(): void {
    this.#forecasts.abort();
  }

  /** Once nothing is under way any more, however it ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay.values());
    this.#forecasts.release();
  }

  #isRight(): boolean {
    return !this.#forecasts.signal.aborted;
  }
}

const ignore = (): void => {};
