import { isJsonList, isJsonObject, type Json } from "../../domain/json";

/** What a person is called by. */
export interface Names {
  /** The customer's, those of earlier included. */
  readonly keys: readonly string[];
  /** User names, addresses and names, as they were told by anybody. */
  readonly words: readonly string[];
}

/** In the place of a name. */
const ERASED = "(erased)";

/** Properties of reports, options and messages whose texts may name people; all others are words of our own. */
const FREE_TEXTS = new Set([
  ...["user", "key", "old", "new", "unmetKeys", "place"],
  ...["message", "fix", "reason", "notes", "incompleteBecause", "sentence"],
]);

/** A shorter word says nothing of anybody, and is in many texts. */
const SHORTEST = 3;

/** Numbers as short as these are mostly counts: as keys they are known by what stands around them. */
const IS_COUNT = /^\d{1,7}$/;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
const alone = (name: string): string => `(?<![\\p{L}\\p{N}_])${name}(?![\\p{L}\\p{N}_])`;
const quotedOrBehind = (name: string): string => `(?<=[\`/])${name}(?=[^\\p{L}\\p{N}_]|$)`;

const longestInAscii = (needle: string): string =>
  needle.split(/[^ -~]+/).reduce((longest, part) => (part.length > longest.length ? part : longest));

/** As a URL has it. */
const encoded = (name: string): string => encodeURIComponent(name.toWellFormed());

/** A letter with its accent is one character or two, by who writes it; and as a URL has each. */
const formsOf = (name: string): readonly string[] => [
  ...new Set([name, name.normalize("NFC"), name.normalize("NFD")].flatMap((form) => [form, encoded(form)])),
];

/** The person's names in running text. @param ofKey how a key that may be a count is known */
function patternOf({ keys, words }: Names, ofKey: (key: string) => string): RegExp {
  const forms = (name: string): string => formsOf(name).map(escaped).join("|");
  const parts = [
    ...keys.map((key) => (IS_COUNT.test(key) ? ofKey : alone)(`(?:${forms(key)})`)),
    ...words.map((word) => alone(`(?:${forms(word)})`)),
  ];
  return new RegExp(parts.join("|"), "giu");
}

/** Takes a person's names out of what was written about others as well. */
export class Redaction {
  readonly #keys: ReadonlySet<string>;
  readonly #pattern: RegExp;
  readonly #strict: RegExp;
  /** Each text that names the person holds one of them, be it JSON; so may others. */
  readonly needles: readonly string[];
  /** Of each the longest part in ASCII, maybe none: of other letters no two systems know the same as one in another case. */
  readonly landmarks: readonly string[];
  /** The needles without numbers that are in most texts. */
  readonly rareNeedles: readonly string[];

  constructor({ keys, words }: Names) {
    const names = { keys, words: words.filter((word) => [...word].length >= SHORTEST) };
    this.#keys = new Set(keys);
    this.#pattern = patternOf(names, quotedOrBehind);
    this.#strict = patternOf(names, alone);
    const all = [...keys, ...names.words].flatMap(formsOf);
    this.needles = [...new Set(all.flatMap((form) => [form, JSON.stringify(form).slice(1, -1)]))];
    this.landmarks = [...new Set(this.needles.map(longestInAscii))];
    this.rareNeedles = this.needles.filter((needle) => !IS_COUNT.test(needle));
  }

  /** Whether a text may name the person, be it by a number that means something else. */
  mayBeNamedIn(text: string): boolean {
    return text.search(this.#strict) >= 0;
  }

  /** Whether a record names the person. */
  isNamedIn(value: Json): boolean {
    if (typeof value === "number") return this.#keys.has(String(value));
    if (typeof value === "string") return this.text(value) !== value;
    if (isJsonList(value)) return value.some((one) => this.isNamedIn(one));
    return isJsonObject(value) && Object.values(value).some((one) => this.isNamedIn(one));
  }

  text(text: string): string {
    if (this.#keys.has(text)) return ERASED;
    return text.replace(this.#pattern, ERASED);
  }

  /** Of a run's report the rejects of the person go as well; they are counted among those that it does not list. */
  json(value: Json): Json {
    return this.#within(value, false);
  }

  #within(value: Json, isFreeText: boolean): Json {
    if (typeof value === "string") return isFreeText ? this.text(value) : value;
    if (isJsonList(value)) return value.map((one) => this.#within(one, isFreeText));
    if (!isJsonObject(value)) return value;
    const entries = Object.entries(this.#withoutTheirs(value));
    return Object.fromEntries(entries.map(([name, inside]) => [name, this.#within(inside, FREE_TEXTS.has(name))]));
  }

  #withoutTheirs<V extends { readonly [name: string]: Json }>(value: V): { readonly [name: string]: Json } {
    const { rejects, rejectsOmitted } = value;
    if (!isJsonList(rejects) || typeof rejectsOmitted !== "number") return value;
    const others = rejects.filter((reject) => !this.#isTheirs(reject));
    return { ...value, rejects: others, rejectsOmitted: rejectsOmitted + rejects.length - others.length };
  }

  #isTheirs(reject: Json): boolean {
    if (!isJsonObject(reject)) return false;
    const { entity, key } = reject;
    if (typeof key !== "string" || !["users", "user_roles", "user_orgs"].includes(String(entity))) return false;
    return [...this.#keys].some((theirs) => key === theirs || key.startsWith(`${theirs} -> `));
  }
}
