/**
 * Made-up words for real ones. A word within another is replaced alike there: with `Alice` and `Smith`, `asmith` begins with the
 * first letter of the one and goes on with the other. Nothing depends on the letters replaced, only on their order and number.
 */
export class MadeUpWords {
  readonly #madeUp = new Map<string, string>();
  readonly #used: Set<string>;
  readonly #initials = new Map<string, string>();
  readonly #random: () => number;

  /**
   * @param words in lower case; letters or digits, each word of one kind
   * @param random from 0 to below 1
   */
  constructor(words: Iterable<string>, random: () => number) {
    const real = new Set(words);
    this.#random = random;
    this.#used = new Set(real);
    // What stands within another word is known before it; initials come last, when the names are known.
    const [short, long] = [[...real].filter(isShort), [...real].filter((word) => !isShort(word))];
    for (const word of [...long.sort((a, b) => a.length - b.length), ...short]) this.#add(word);
  }

  /** In the case of the word given. */
  of(word: string): string {
    const known = word.toLowerCase();
    if (!this.#madeUp.has(known)) this.#add(known);
    const madeUp = [...(this.#madeUp.get(known) ?? "")];
    return [...word].map((char, index) => withCaseOf(char, madeUp[index] ?? "")).join("");
  }

  #add(word: string): void {
    const made = this.#compose(word);
    // Two short words may become one; two names must not, nor become another real one.
    const isGood = made !== null && (isShort(word) || !this.#used.has(made));
    const settled = isGood ? made : this.#unused(word);
    this.#madeUp.set(word, settled);
    this.#used.add(settled);
  }

  /** Of parts that are known already; null when there are none. */
  #compose(word: string): string | null {
    const known = this.#madeUp.size > MOST_COMPARED ? null : this.#longestShared(word);
    if (known === null) return word.length === 2 ? this.#beginningOf(word) : null;
    const { at, length, made } = known;
    return this.#rest(word.slice(0, at)) + made + this.#rest(word.slice(at + length));
  }

  #rest(part: string): string {
    return part === "" ? "" : (this.#compose(part) ?? this.#fresh(part));
  }

  #longestShared(word: string): { readonly at: number; readonly length: number; readonly made: string } | null {
    for (let length = Math.min(word.length, LONGEST_SHARED); length >= SHORTEST_SHARED; length -= 1)
      for (let at = 0; at + length <= word.length; at += 1) {
        const part = word.slice(at, at + length);
        for (const [known, made] of this.#madeUp) {
          const found = known.length < length || known.length !== made.length ? -1 : known.indexOf(part);
          if (found >= 0) return { at, length, made: made.slice(found, found + length) };
        }
      }
    return null;
  }

  /** Of two letters that a longer word begins with. */
  #beginningOf(part: string): string | null {
    for (const [known, made] of this.#madeUp)
      if (known.length > part.length && known.startsWith(part)) return made.slice(0, part.length);
    return null;
  }

  #unused(word: string): string {
    let made = this.#fresh(word);
    for (let attempt = 0; attempt < ATTEMPTS && this.#used.has(made); attempt += 1) made = this.#fresh(word);
    return made;
  }

  /** As many characters, pronounceable, or digits. */
  #fresh(word: string): string {
    let made = "";
    let isVowel = false;
    for (const char of word) {
      const { vowels, consonants } = char < "\u0080" ? PLAIN : ACCENTED;
      if (/\p{N}/u.test(char))
        made += made === "" ? (char === "0" ? "0" : this.#one("123456789")) : this.#one("0123456789");
      else made += made === "" ? this.#initial(char) : this.#one(isVowel ? vowels : consonants);
      isVowel = !vowels.includes(made.at(-1) ?? "");
    }
    return made;
  }

  /** Words that begin alike go on beginning alike; another letter for each, in the order in which they are met. */
  #initial(char: string): string {
    const known = this.#initials.get(char);
    if (known !== undefined) return known;
    const { vowels, consonants } = char < "\u0080" ? PLAIN : ACCENTED;
    const taken = new Set(this.#initials.values());
    const free = [...(vowels + consonants)].filter((letter) => letter !== char && !taken.has(letter)).join("");
    const made = this.#one(free === "" ? consonants : free);
    this.#initials.set(char, made);
    return made;
  }

  #one(characters: string): string {
    return characters[Math.floor(this.#random() * characters.length)] ?? "";
  }
}

const PLAIN = { vowels: "aeiou", consonants: "bcdfghjklmnpqrstvwxyz" };
/** What is no ASCII stays none. */
const ACCENTED = { vowels: "áéíóú", consonants: "čďňřšťž" };
const SHORTEST_SHARED = 3;
const LONGEST_SHARED = 40;
/** A record of so many words is no person; its words are replaced each by itself. */
const MOST_COMPARED = 400;
const ATTEMPTS = 20;

const isShort = (word: string): boolean => word.length < SHORTEST_SHARED;

function withCaseOf(model: string, char: string): string {
  return model !== model.toLowerCase() ? char.toUpperCase() : char;
}
