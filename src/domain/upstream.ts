import type { IncrementalPass } from "./increments";
import type { Stream } from "./job";
import type { JsonObject } from "./json";
import type { PageMemory, PageRecords, Position } from "./page-records";
import type { Usage } from "./staging";

/** The customer's system, as a run sees it. */
export interface Upstream {
  /**
   * The pages of one enumeration, in order. Ends only when the paging's end marker was seen; whatever keeps it from that is
   * thrown as a `Failure` after the pages before it were yielded. The next page is fetched while this one is worked on.
   */
  pages(request: {
    readonly stream: Stream;
    /** The raw parent record, for `each` streams. */
    readonly parent: JsonObject | null;
    readonly run: number;
    readonly signal: AbortSignal;
    /** Goes on there, as an earlier page told; from the beginning without it. */
    readonly position?: Position;
    /** Of this stream: pages that were cut before are not cut again. */
    readonly memory?: PageMemory | null;
    /** Asks only for what changed; for everything without it. UPS022 is thrown where changes are not told from there any more. */
    readonly changes?: IncrementalPass;
  }): AsyncIterable<UpstreamPage>;
  /** Reads one record by key. */
  one(request: {
    readonly stream: Stream;
    readonly key: string;
    readonly run: number;
    readonly signal: AbortSignal;
  }): Promise<OneRecord>;
  /** Since it was made, token requests and retries included. */
  readonly usage: Usage;
  close(): Promise<void>;
}

export interface UpstreamPage {
  /** From 1. */
  readonly number: number;
  readonly records: PageRecords;
  /** As declared on this page, where the job says where. */
  readonly total: number | null;
  /** Where the enumeration goes on; null at its end, and where its paging cannot be resumed. */
  readonly next: Position | null;
  /** The upstream's clock when it was asked for, in milliseconds since 1970. Null where it tells none. */
  readonly askedAt: number | null;
  /** On the last page: where to ask for what changes from then on, where the job says that it stands there. */
  readonly deltaLink: string | null;
  /** Why an only page may not be the only one; null while nothing speaks against it. */
  readonly doubt: string | null;
}

/** `found: false` is a 404 or 410 and nothing else; any other trouble is a `Failure`. */
export type OneRecord =
  | { readonly found: true; readonly record: unknown }
  | { readonly found: false; readonly status: number };
