import { isEntity } from "../domain/entities";
import type { Stream } from "../domain/job";
import type { RunOptions } from "../domain/runs";
import type { Beginning } from "../domain/staging";
import { KnownRecords } from "./known-records";
import type { Stage } from "./ports";
import { RememberedPages } from "./remembered-pages";

/**
 * What the mirror holds of a stream as the upstream sent it last, and which of it an interrupted run has met. Null where every
 * record is to be parsed: without a fingerprint, and for a plan that is to look at everything, which keeps nothing.
 */
export async function knowRecords(
  { name, into }: Stream,
  {
    stage,
    options,
    fingerprint,
    earlier,
    isIncremental,
  }: {
    readonly stage: Stage;
    readonly options: RunOptions;
    readonly fingerprint: string | null;
    readonly earlier: Beginning["earlier"];
    /** Few are met, so it is not worth knowing all; what is met is known the next time. */
    readonly isIncremental: boolean;
  },
): Promise<KnownRecords | null> {
  if (fingerprint === null || !isEntity(into) || (options.full && options.mode === "plan")) return null;
  const known =
    options.full || isIncremental
      ? new KnownRecords([])
      : new KnownRecords(await stage.digests(into, fingerprint), new RememberedPages(await stage.pages(name)));
  known.meetAgain(earlier?.met.find(({ entity }) => entity === into)?.chunks ?? []);
  return known;
}
