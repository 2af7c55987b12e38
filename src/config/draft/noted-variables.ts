import { wordsOf } from "./words";

/** The variables that a draft leaves for a person to set, each noted once. */
export class NotedVariables {
  readonly #meanings = new Map<string, string>();

  constructor(private readonly source: string) {}

  /** `TOKEN` of the source `acme` -> `${ACME_TOKEN}`. */
  refer(name: string, meaning: string): string {
    const full = [...wordsOf(this.source), ...wordsOf(name)].join("_").replace(/\W+/g, "_").toUpperCase();
    if (!this.#meanings.has(full)) this.#meanings.set(full, meaning);
    return `\${${full}}`;
  }

  list(): readonly { readonly name: string; readonly meaning: string }[] {
    return [...this.#meanings].map(([name, meaning]) => ({ name, meaning }));
  }
}
