import type { ToldRemovals } from "../../domain/increments";
import { parseAll } from "../../domain/page-records";
import { asUpstreamFailure, isHopeless, type ReadContext, type StreamRead } from "./stream-read";

/**
 * Asks a change feed, once everything was read, who was removed since it was asked last: the new list does not hold them, and
 * the feed is asked from this list on then, so that nobody would tell it again. What else it tells is in the list. Not before the
 * list: whoever was removed in between would be told by neither link, while what happens meanwhile is told by both.
 *
 * Where the link is not answered, the list proves nothing and the link stays; only one that has expired, or that was given to
 * another job, is given up, for it would keep the source from ever being complete.
 */
export async function askRemovals(
  read: StreamRead,
  { since, holds }: ToldRemovals,
  { upstream, mapperOf, run, signal }: ReadContext,
): Promise<void> {
  const { stream } = read;
  const mapper = mapperOf(stream);
  const removed = new Set<string>();
  try {
    for await (const { records } of upstream.pages({ stream, parent: null, run, signal, changes: since })) {
      for (const result of await mapper.mapPage(parseAll(records), null)) {
        if (result.outcome === "link" || result.key === null) continue;
        if (result.outcome === "skipped" && result.because === "deleted") removed.add(result.key);
        else removed.delete(result.key);
      }
      signal.throwIfAborted();
    }
    read.removed = [...removed];
  } catch (error) {
    const failure = asUpstreamFailure(error);
    if (isHopeless(failure)) throw failure;
    if (failure.code === "UPS022" || !holds) read.removed = null;
    else read.broken ??= failure.message;
  }
}
