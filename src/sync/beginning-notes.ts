import type { Beginning, NotGoneOn, StreamState } from "../domain/staging";

const BECAUSE: Readonly<Record<NotGoneOn, string>> = {
  asked: ", but was asked for something else",
  edited: ", but its job or mappings were edited since",
  late: " more than an hour ago",
  written: ", but another run has written to the mirror since",
  gone: ", but what it had read is gone from the database",
};

/** What became of the reading of an interrupted run. */
export function beginningNotes({ earlier, notFrom }: Beginning): readonly string[] {
  if (earlier !== null)
    return [`goes on from run ${earlier.run}, which was interrupted after ${countedIn(earlier.streams)}`];
  if (notFrom === null) return [];
  return [`run ${notFrom.run} was interrupted${BECAUSE[notFrom.because]}: starts anew`];
}

/** "2 orgs, 5 roles and 31,000 users" */
function countedIn(streams: readonly StreamState[]): string {
  const counts = streams.map(({ stream, counted }) => `${counted.received.toLocaleString("en-US")} ${stream}`);
  const last = counts.pop() ?? "nothing";
  return counts.length === 0 ? last : `${counts.join(", ")} and ${last}`;
}
