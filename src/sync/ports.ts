import type { JsonObject } from "../domain/json";
import type { Stream } from "../domain/job";
import type { Mapped } from "../domain/mapping";

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
  }): AsyncIterable<UpstreamPage>;
  /** Reads one record by key. `found: false` is a 404 or 410 and nothing else; any other trouble is a `Failure`. */
  one(request: { readonly stream: Stream; readonly key: string; readonly run: number; readonly signal: AbortSignal }): Promise<
    { readonly found: true; readonly record: unknown } | { readonly found: false; readonly status: number }
  >;
  /** Since it was made; bytes after decompression. */
  readonly usage: { readonly requests: number; readonly bytes: number };
  close(): Promise<void>;
}

export interface UpstreamPage {
  /** From 1. */
  readonly number: number;
  readonly records: readonly unknown[];
  /** As declared on this page, where the job says where. */
  readonly total: number | null;
}

/** One stream's mapping, compiled. */
export interface Mapper {
  /** One result a record, in order. Never rejects for what a record holds; yields to timers on large pages. */
  mapPage(records: readonly unknown[], parent: JsonObject | null): Promise<readonly Mapped[]>;
}
