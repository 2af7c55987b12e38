import type { Code } from "../../domain/error-codes";
import type { Failure } from "../../domain/errors";
import type { ToldRemovals } from "../../domain/increments";
import { parseAll } from "../../domain/page-records";
import { asUpstreamFailure, isHopeless, type ReadContext, type StreamRead } from "./stream-read";

/**
 * Asks a change feed, once everything was read, who was removed since it was asked last: the new list does not hold them, and
 * the feed is asked from this list on then, so that nobody would tell it again. What else it tells is in the list. Not before the
 * list: whoever was removed in between would be told by neither link, while what happens meanwhile is told by both.
 *
 * Where the link is not answered, the list proves nothing and the link stays. It is given up where it has expired, or was given to
 * another job, for it would keep the source from ever being complete; and where absence finds whom it would have told.
 */
export async function askRemovals(
  read: StreamRead,
  { since, holds }: ToldRemovals,
  { upstream, mapperOf, run, signal, log }: ReadContext,
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
    if (isHopeless(failure) && !OF_THE_LINK.has(failure.code)) throw failure;
    log.warn("a delta link tells no removals", { stream: stream.name, code: failure.code, reason: failure.message });
    if (failure.code === "UPS022" || !holds || stream.deletes.absence !== "never") read.removed = null;
    else read.broken ??= whyUnproven(failure);
  }
}

/** The list was answered by the same system with the same credentials: they are refused, or it fails, for this address alone. */
const OF_THE_LINK: ReadonlySet<Code> = new Set(["UPS003", "UPS005"]);

function whyUnproven({ message, data: { status } }: Failure): string {
  const help = status === undefined ? "" : `; if it has expired, add ${status} to \`delta.expired\``;
  return `its delta link, asked for removals: ${message}${help}`;
}
