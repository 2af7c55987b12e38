import type { ClientBase } from "pg";

/** When and where a write is done. */
export interface Turn {
  readonly client: ClientBase;
  /** Resolves when all that was given before is committed; rejects when it never will be. */
  readonly comes: Promise<void>;
}

type Work = (turn: Turn) => Promise<void>;

interface Given {
  readonly client: ClientBase;
  readonly mayBeBeside: boolean;
  readonly done: Promise<void>;
}

/**
 * The order in which a run writes. One write begins when the one before is done, on the run's own session. Of writes that may be
 * done beside each other, two are at work at once, on two sessions; each waits for its turn before it commits. So what is committed is,
 * at every moment, what was given first.
 */
export class WriteOrder {
  #second: ClientBase | null = null;
  #isAsked = false;
  #last: Given;
  #lastButOne: Given;

  /** @param another lends a second session; null where there is none to spare */
  constructor(
    private readonly client: ClientBase,
    private readonly another: () => Promise<ClientBase | null>,
  ) {
    this.#last = { client, mayBeBeside: false, done: Promise.resolve() };
    this.#lastButOne = this.#last;
  }

  /** From here on there is a second session, if one can be had. It is asked for once. */
  async widen(): Promise<void> {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#second = await this.another();
  }

  /** Gives a write that is done alone. Resolves when it begins. */
  next(work: Work): Promise<void> {
    return this.#give(work, this.#last.done, { client: this.client, mayBeBeside: false });
  }

  /** Gives a write that may be done beside others of its kind. Resolves when it begins. */
  beside(work: Work): Promise<void> {
    const { done, mayBeBeside, client } = this.#last;
    if (this.#second === null || !mayBeBeside)
      return this.#give(work, done, { client: this.client, mayBeBeside: true });
    const other = client === this.client ? this.#second : this.client;
    return this.#give(work, this.#lastButOne.done, { client: other, mayBeBeside: true });
  }

  /** Resolves when all that was given is done, whatever has become of it. */
  async rest(): Promise<void> {
    await this.done.catch(() => undefined);
  }

  /** Resolves when all that was given is committed. */
  get done(): Promise<void> {
    return this.#last.done;
  }

  /** Sessions that were worked on. */
  get clients(): readonly ClientBase[] {
    return this.#second === null ? [this.client] : [this.client, this.#second];
  }

  /** @param free resolves when the session is */
  #give(work: Work, free: Promise<void>, given: Omit<Given, "done">): Promise<void> {
    const comes = this.#last.done;
    // Also a write that failed is done only when those before it are.
    const done = free.then(() => work({ client: given.client, comes })).finally(() => comes);
    // Thrown to the next caller that waits for it.
    done.catch(() => undefined);
    this.#lastButOne = this.#last;
    this.#last = { ...given, done };
    return free;
  }
}
