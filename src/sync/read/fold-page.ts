import { LINK_ENDS } from "../../domain/entities";
import type { KeepRaw, Stream } from "../../domain/job";
import { isJsonObject } from "../../domain/json";
import { DIFFERS, keyOf, type Mapped, type MappedRecord, type RejectedRecord } from "../../domain/mapping";
import type { Digest } from "../../domain/page-records";
import type { StagedPassword } from "../../domain/passwords";
import type { KeptRecord, StagedLink, StagedPage, StagedReject } from "../../domain/staging";
import { findRepeats } from "./find-repeats";
import { keptRecord, linkName } from "./kept-record";
import { rejectOverlong } from "./reject-overlong";
import { type MaskRecord, payloadOf } from "./reject-payload";

export interface FoldedPage extends StagedPage {
  /** Where the record of each link stands among those that were mapped, from 0. */
  readonly linkPlaces: readonly number[];
  /** Records that said the same as another one on this page, to the letter. */
  readonly folded: number;
  /** Records of a change feed that are told otherwise later on this page. */
  readonly overtaken: number;
  /** Rejects without a key: nobody can say who they are, so absence proves nothing. */
  readonly keyless: number;
  /** Where the first of these is. */
  readonly keylessAt: string | null;
}

/** Which page of which enumeration. */
export interface PageOrigin {
  readonly stream: Stream;
  /** From 1 over the whole stream. */
  readonly page: number;
  /** For child streams: the parent that was asked, and the page among its own. */
  readonly parent: { readonly key: string; readonly page: number } | null;
  /** Of a change feed the last of a record counts, whatever it says. */
  readonly isFeed?: boolean;
  /** How raw records are kept; without it none are. */
  readonly keep?: KeepRaw | null;
  /** Masks the record that is stored with a reject; without it no record is stored. */
  readonly mask?: MaskRecord | null;
}

/** What is known of records that are only a part of their page. */
interface PartOfPage {
  /** Where each stands on the page, from 0; all of them in their order when left out. */
  readonly places?: readonly number[];
  /** One each, null where none is to be stored; none at all when left out. */
  readonly digests?: readonly (Digest | null)[];
}

/**
 * Turns one page's records and what they map to into what is staged. Two records with one key on a page: identical ones are
 * folded into one, different ones are both rejected, for nobody can tell which of them is true.
 */
export function foldPage(
  origin: PageOrigin,
  raw: readonly unknown[],
  mapped: readonly Mapped[],
  part: PartOfPage = {},
): FoldedPage {
  const results = mapped.map((result) => rejectOverlong(origin.stream.into, result));
  const repeatOf = findRepeats(raw, results, origin.isFeed === true);
  const fold = new Fold(origin, raw, part);
  results.forEach((result, index) => {
    switch (repeatOf(result, index)) {
      case "none":
        fold.take(result, index);
        break;
      case "differs":
        fold.reject(index, { ...DIFFERS, key: keyOf(result), field: null });
        break;
      case "folded":
        fold.folded += 1;
        break;
      case "overtaken":
        fold.overtaken += 1;
        break;
    }
  });
  return fold.page();
}

type Rejection = Omit<RejectedRecord, "outcome">;

/** A page on its way to the stage. */
class Fold {
  folded = 0;
  overtaken = 0;
  #keyless = 0;
  #keylessAt: string | null = null;
  readonly #records: MappedRecord[] = [];
  readonly #digests: (Digest | null)[] = [];
  readonly #links: StagedLink[] = [];
  readonly #linkPlaces: number[] = [];
  readonly #passwords: StagedPassword[] = [];
  readonly #rejects: StagedReject[] = [];
  readonly #skips: StagedPage["skips"][number][] = [];
  readonly #kept: KeptRecord[] = [];

  constructor(
    private readonly origin: PageOrigin,
    private readonly raw: readonly unknown[],
    private readonly part: PartOfPage,
  ) {}

  /** @param index of the record, among those that were mapped */
  take(result: Mapped, index: number): void {
    switch (result.outcome) {
      case "record":
        this.#records.push(result);
        if (result.password !== undefined) this.#passwords.push({ key: result.key, password: result.password });
        this.#digests.push(this.part.digests?.[index] ?? null);
        this.#keep(index, result.key, this.#isOfUsers ? result.key : null);
        break;
      case "link":
        this.#links.push({ ...result, owner: this.origin.parent?.key ?? "" });
        this.#linkPlaces.push(index);
        if (this.origin.keep != null)
          this.#keep(index, linkName(result), LINK_ENDS[result.links].left === "users" ? result.left : null);
        break;
      case "skipped":
        // Left out on purpose: it need not have a key.
        this.#skips.push({ key: result.key, because: result.because });
        break;
      case "rejected":
        if (result.key === null) {
          this.#keyless += 1;
          this.#keylessAt ??= this.#placeOf(index);
        }
        this.reject(index, result);
        break;
    }
  }

  reject(index: number, { key, field, code, reason, inactive }: Rejection): void {
    const { stream, mask = null } = this.origin;
    const place = this.#placeOf(index);
    const payload = payloadOf(this.raw[index], mask);
    const said = inactive === undefined ? {} : { inactive };
    this.#rejects.push({ entity: stream.into, key, field, code, reason, place, payload, ...said });
    this.#keep(index, key ?? place, this.#isOfUsers ? key : null);
  }

  page(): FoldedPage {
    const { stream, page } = this.origin;
    return {
      stream,
      page,
      records: this.#records,
      digests: this.#digests,
      links: this.#links,
      linkPlaces: this.#linkPlaces,
      passwords: this.#passwords,
      rejects: this.#rejects,
      skips: this.#skips,
      kept: this.#kept,
      folded: this.folded,
      overtaken: this.overtaken,
      keyless: this.#keyless,
      keylessAt: this.#keylessAt,
    };
  }

  get #isOfUsers(): boolean {
    return this.origin.stream.into === "users";
  }

  #keep(index: number, key: string, person: string | null): void {
    const { keep = null, parent } = this.origin;
    const record = this.raw[index];
    if (keep === null || !isJsonObject(record)) return;
    this.#kept.push({ key, parent: parent?.key ?? null, person, record: keptRecord(record, keep) });
  }

  /** As in `page 2, record 10`. */
  #placeOf(index: number): string {
    const { page, parent } = this.origin;
    const name = parent === null ? `page ${page}` : `${parent.key}, page ${parent.page}`;
    return `${name}, record ${(this.part.places?.[index] ?? index) + 1}`;
  }
}
