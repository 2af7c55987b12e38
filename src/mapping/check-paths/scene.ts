import type { Expression } from "../../domain/mapping";
import type { Findings } from "./findings";
import type { Possible } from "./possible";

/** Far more than any expression written by hand takes, far less than anybody would wait for. */
const MAX_STEPS = 20_000;
const MAX_DEPTH = 300;

/** What the walk through one expression shares. It ends for every expression: one that goes on is left unfinished. */
export class Scene {
  #left = MAX_STEPS;
  #depth = 0;

  constructor(
    readonly expression: Expression,
    readonly record: Possible,
    readonly findings: Findings,
    readonly keepsNulls: boolean,
  ) {}

  isSpent(): boolean {
    this.#left -= 1;
    return this.#left < 0 || this.#depth > MAX_DEPTH;
  }

  /** One level deeper into the expression, or into functions of the author's own, which may call themselves. */
  deeper<T>(work: () => T): T {
    this.#depth += 1;
    try {
      return work();
    } finally {
      this.#depth -= 1;
    }
  }
}

/** The variables an expression sees, those of the blocks around it included. */
export class Names {
  readonly #own = new Map<string, Possible>();

  constructor(private readonly outer: Names | null = null) {}

  within(): Names {
    return new Names(this);
  }

  bind(name: string, value: Possible): void {
    this.#own.set(name, value);
  }

  find(name: string): Possible | null {
    return this.#own.get(name) ?? this.outer?.find(name) ?? null;
  }
}
