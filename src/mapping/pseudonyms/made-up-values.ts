import type { Dependencies } from "./dependencies";
import { MadeUpWords } from "./made-up-words";

const WORD = /[\p{L}\p{M}]+|\p{N}+/gu;
const PICTURE = /\p{So}/gu;
const DOMAIN = /(?<=@)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;
const UUID = /(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])/gi;
const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:([T ])(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;
const DAY = /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})$/;
const LOCALE = /^[a-z]{2}[-_][A-Z]{2}$/;
/** Say nothing of a person. */
export const PLAIN_WORDS: ReadonlySet<string> = new Set([
  "true",
  "false",
  "yes",
  "no",
  "on",
  "off",
  "null",
  "none",
  "",
]);
const DAY_MS = 86_400_000;
/** Seconds since 1970 from 1990 to 2100; numbers in this range, or a thousand times it, are times. */
const [EARLIEST, LATEST] = [631_152_000, 4_102_444_800];

/**
 * Made-up values for the real ones of one record: the same value gives the same, also within a longer text; words, numbers and
 * punctuation keep their lengths and places, times their order. What the mapping tells apart stays.
 */
export class MadeUpValues {
  readonly #words: MadeUpWords;
  /** Domains and UUIDs in lower case, which are no words. */
  readonly #whole = new Map<string, string>();
  readonly #fixed: RegExp | null;
  readonly #dependencies: Dependencies;
  /** By how much times are earlier. */
  readonly #earlier: number;
  readonly #texts: readonly string[];

  /** @param texts every text and number of the record, numbers as text, and the names that are to be made up */
  constructor(texts: readonly string[], dependencies: Dependencies, random: () => number) {
    this.#texts = texts;
    this.#dependencies = dependencies;
    this.#earlier = Math.floor((400 + random() * 1_000) * DAY_MS);
    for (const text of texts) for (const [domain] of text.matchAll(DOMAIN)) this.#addDomain(domain.toLowerCase());
    for (const text of texts) for (const [uuid] of text.matchAll(UUID)) this.#addUuid(uuid.toLowerCase(), random);
    const fixed = [...dependencies.parts, ...this.#whole.keys()].sort((a, b) => b.length - a.length).map(escaped);
    this.#fixed = fixed.length === 0 ? null : new RegExp(fixed.join("|"), "giu");
    const free = texts.flatMap((text) => this.#split(text).flatMap((piece) => (piece.isFixed ? [] : [piece.text])));
    const words = free.flatMap((text) => text.match(WORD) ?? []).map((word) => word.toLowerCase());
    this.#words = new MadeUpWords(words, random);
  }

  text(real: string): string {
    if (this.#stays(real)) return real;
    return (
      this.#time(real) ??
      this.#day(real) ??
      place(real) ??
      this.#split(real)
        .map(({ text, isFixed }) => (isFixed ? this.#fixedText(text) : this.#replace(text)))
        .join("")
    );
  }

  /** @param name of the property that it stands under */
  number(real: number, name: string): number {
    if (this.#stays(String(real)) || Math.abs(real) <= 1 || this.#dependencies.compared.has(name)) return real;
    const written = String(real);
    // What is met elsewhere too is an id.
    const isId = this.#texts.filter((text) => text.includes(written)).length > 1;
    if (!isId && isTime(real)) return real - Math.floor(this.#earlier / 1_000);
    if (!isId && isTime(real / 1_000)) return real - this.#earlier;
    return /^-?\d+(\.\d+)?$/.test(written) ? Number(this.#replace(written)) : Math.sign(real) * 1e21;
  }

  /** Whether the text says nothing of a person, or is what the mapping tells apart. */
  #stays(text: string): boolean {
    const plain = text.trim().toLowerCase();
    return PLAIN_WORDS.has(plain) || this.#dependencies.values.has(plain);
  }

  /** One in which the mapping looks for something is made of words, so that this part of it stays. */
  #addDomain(domain: string): void {
    const isLookedInto = this.#dependencies.parts.some((part) => domain.includes(part.toLowerCase().replace(/^@/, "")));
    if (this.#whole.has(domain) || isLookedInto) return;
    const made = ["example.com", "example.org", "example.net"][this.#whole.size];
    this.#whole.set(domain, made ?? `mail${this.#whole.size}.example.com`);
  }

  /** With its version and its variant. */
  #addUuid(uuid: string, random: () => number): void {
    if (this.#whole.has(uuid)) return;
    const digit = (char: string, index: number): string =>
      char === "-" || index === 14 || index === 19 ? char : Math.floor(random() * 16).toString(16);
    this.#whole.set(uuid, [...uuid].map(digit).join(""));
  }

  #split(text: string): readonly { readonly text: string; readonly isFixed: boolean }[] {
    if (this.#fixed === null) return [{ text, isFixed: false }];
    const pieces: { text: string; isFixed: boolean }[] = [];
    let at = 0;
    for (const match of text.matchAll(this.#fixed)) {
      pieces.push({ text: text.slice(at, match.index), isFixed: false }, { text: match[0], isFixed: true });
      at = match.index + match[0].length;
    }
    return [...pieces, { text: text.slice(at), isFixed: false }];
  }

  #fixedText(text: string): string {
    const made = this.#whole.get(text.toLowerCase()) ?? text;
    return text === text.toUpperCase() ? made.toUpperCase() : made;
  }

  #replace(text: string): string {
    return text.replace(WORD, (word) => this.#words.of(word)).replace(PICTURE, "☆");
  }

  /** An RFC 3339 time or date, as it is written. */
  #time(real: string): string | null {
    const match = TIME.exec(real);
    if (match === null) return null;
    const [, year, month, day, separator, hour = "0", minute = "0", second, fraction, zone = ""] = match;
    const at = Date.UTC(
      Number(year),
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second ?? 0),
    );
    if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== real.slice(0, 10)) return null;
    const made = new Date(at - this.#earlier).toISOString();
    if (separator === undefined) return made.slice(0, 10);
    const seconds = second === undefined ? "" : made.slice(16, 19);
    return `${made.slice(0, 10)}${separator}${made.slice(11, 16)}${seconds}${fraction === undefined ? "" : this.#replace(fraction)}${zone}`;
  }

  /** Day, month and year, in whichever order of the first two. */
  #day(real: string): string | null {
    const match = DAY.exec(real);
    if (match === null) return null;
    const [, first = "", separator, second = "", year] = match;
    const made = new Date(Date.UTC(Number(year), 0, 1) - this.#earlier);
    const other = (part: string): string => {
      const number = (Number(part) % 12) + 1;
      return String(number)
        .padStart(part.length, "0")
        .slice(-Math.max(part.length, String(number).length));
    };
    return [other(first), other(second), made.getUTCFullYear()].join(separator);
  }
}

const isTime = (seconds: number): boolean => seconds >= EARLIEST && seconds < LATEST;

/** A locale or a time zone; their made-up form must be one too. */
function place(real: string): string | null {
  if (LOCALE.test(real)) return `${real.startsWith("en") ? "fr" : "en"}${real[2]}${real.endsWith("GB") ? "FR" : "GB"}`;
  if (!/^[A-Z][A-Za-z_]+\/[A-Za-z_/+-]+$/.test(real)) return null;
  try {
    Intl.DateTimeFormat("en", { timeZone: real });
    return real === "Europe/London" ? "Europe/Paris" : "Europe/London";
  } catch {
    return null;
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
