import { isEntity } from "../../domain/entities";
import type { StageCounts } from "../../domain/staging";
import type { EndingStage } from "../ports";
import type { StreamRead } from "../read/stream-read";

/** Fewer differing records than this say nothing. */
const VOLATILE_FROM = 20;

/**
 * Entities where more than half of the records known by a digest came with another one and mapped to the same. Records
 * without a digest, as after a hold, do not count: nothing says how they came before. Of a list that an earlier run has read in part,
 * nothing is said: what that run staged may have got its digest since.
 */
export async function volatileEntities(
  reads: readonly Pick<StreamRead, "stream" | "known" | "resumed" | "readBy">[],
  { entities }: Pick<StageCounts, "entities">,
  { run, stage }: { readonly run: number; readonly stage: Pick<EndingStage, "countOtherwise"> },
): Promise<ReadonlySet<string>> {
  const volatile = new Set<string>();
  for (const { stream, known, resumed, readBy } of reads) {
    const { into } = stream;
    const counted = entities[into];
    if (resumed || (readBy !== null && readBy !== run)) continue;
    if (known === null || counted === undefined || !isEntity(into)) continue;
    const isVolatile = (count: number): boolean => count >= VOLATILE_FROM && count > known.size / 2;
    // An upper bound first: to count them exactly takes a look at each.
    if (!isVolatile(Math.min(counted.same - counted.unparsed, known.size - known.met))) continue;
    if (isVolatile(await stage.countOtherwise(stream, known.unmet()))) volatile.add(into);
  }
  return volatile;
}
