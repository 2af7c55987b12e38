import { grouped } from "../../domain/grouped";
import type { Beginning, NotResumed, StreamState } from "../../domain/staging";

const BECAUSE: Readonly<Record<NotResumed, string>> = {
  asked: ", but was asked for something else",
  edited: ", but its job or mappings were edited since",
  late: " more than an hour ago",
  written: ", but another run has written to the mirror since",
  released: ", but a release waits, for which everything is read again",
  gone: ", but what it had read is gone from the database",
};

/** What became of the reading of an interrupted run; of this very one, when it lost its database on the way. */
export function beginningNotes({ earlier, notFrom }: Beginning, run: number): readonly string[] {
  if (earlier !== null) {
    const read = countedIn(earlier.streams);
    return [
      earlier.run === run
        ? `lost its database after ${read}, and went on from there`
        : `goes on from run ${earlier.run}, which was interrupted after ${read}`,
    ];
  }
  if (notFrom === null) return [];
  return [
    notFrom.run === run
      ? "lost its database and what it had read, and started anew"
      : `run ${notFrom.run} was interrupted${BECAUSE[notFrom.because]}: starts anew`,
  ];
}

/** "2 orgs, 5 roles and 31,000 users" */
function countedIn(streams: readonly StreamState[]): string {
  const counts = streams.map(({ stream, counted }) => `${grouped(counted.received)} ${stream}`);
  const last = counts.pop() ?? "nothing";
  return counts.length === 0 ? last : `${counts.join(", ")} and ${last}`;
}
