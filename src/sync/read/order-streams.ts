import { entitiesListedIn, isEntity } from "../../domain/entities";
import type { Stream } from "../../domain/job";

/**
 * The order in which streams are read: those whose records others name in their lists come before these, so that it is known
 * then who is there. Where two name each other, and otherwise, the job's order counts.
 */
export function orderStreams(streams: readonly Stream[]): readonly Stream[] {
  const waiting = [...streams];
  const ordered: Stream[] = [];
  while (waiting.length > 0) {
    const ready = waiting.findIndex((stream) => !waiting.some((other) => other !== stream && names(stream, other)));
    ordered.push(...waiting.splice(Math.max(ready, 0), 1));
  }
  return ordered;
}

/**
 * The streams whose records may be written as they are read: nothing hangs on their records but their own lists, and everybody
 * whom these name was read before.
 */
export function landableStreams(streams: readonly Stream[]): readonly Stream[] {
  const ordered = orderStreams(streams);
  return ordered.filter((stream, place) => {
    if (!isEntity(stream.into) || stream.each !== null || streams.some(({ each }) => each === stream.name))
      return false;
    return !ordered.slice(place).some((later) => names(stream, later));
  });
}

/** Whether a list of the one's records names records of the other. */
const names = ({ into, mapping }: Stream, other: Stream): boolean =>
  isEntity(other.into) && entitiesListedIn(into, mapping.fields).has(other.into);
