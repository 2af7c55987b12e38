import { isEntity } from "../../domain/entities";
import type { Pass } from "../../domain/increments";
import type { Stream } from "../../domain/job";
import { readsPasswords } from "../../domain/passwords";
import type { RunOptions } from "../../domain/runs";
import type { Beginning } from "../../domain/staging";
import type { ReadingStage } from "../ports";
import { KnownRecords } from "./known-records";
import { RememberedPages } from "./remembered-pages";

/**
 * What the mirror holds of a stream as the upstream sent it last, and which of it an interrupted run has met. Null where every
 * record is to be parsed: without a fingerprint, and for a plan that is to look at everything, which keeps nothing.
 */
export async function loadKnownRecords(
  { name, into, mapping }: Pick<Stream, "name" | "into" | "mapping">,
  {
    stage,
    options,
    fingerprint,
    earlier,
    pass,
  }: {
    readonly stage: ReadingStage;
    readonly options: RunOptions;
    readonly fingerprint: string | null;
    readonly earlier: Beginning["earlier"];
    readonly pass: Pass;
  },
): Promise<KnownRecords | null> {
  if (fingerprint === null || !isEntity(into) || (options.full && options.mode === "plan")) return null;
  const goesOn = earlier?.streams.some(({ stream }) => stream === name) === true;
  // Passwords of people who landed by a run that was cut off are gone with its stage, so the digests of these say too much.
  const lacksPasswords = !goesOn && readsPasswords(mapping) && !(await stage.wasComplete());
  // An incremental pass is sent no unchanged records, so nothing that is known can be met.
  const known =
    options.full || pass.kind !== "full" || lacksPasswords
      ? new KnownRecords([])
      : new KnownRecords(await stage.digests(into, fingerprint), new RememberedPages(await stage.pages(name)));
  known.meetAgain(earlier?.met.find(({ entity }) => entity === into)?.chunks ?? []);
  return known;
}
