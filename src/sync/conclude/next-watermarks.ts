import type { Mark, Pass, SinceIncrements, WatermarkChange } from "../../domain/increments";
import { moment } from "../../domain/moment";
import type { Completeness } from "../completeness";
import { CLOCKS_DIFFER } from "../read/marks";
import type { StreamRead } from "../read/stream-read";
import { type Passes, tellsRemovals } from "../state/choose-passes";

interface Ended {
  readonly completeness: Pick<Completeness, "proofs" | "reasons">;
  readonly passes: Passes;
  readonly startedAt: Date;
  /** Changes of this run wait for a person. */
  readonly holds: boolean;
}

export interface NextWatermarks {
  readonly changes: readonly WatermarkChange[];
  readonly notes: readonly string[];
}

/**
 * The watermarks after a run: from where on the next one asks for changes. The mark moves only for a stream whose enumeration, and
 * whose children's, reached its proven end: a record left out might not come again before the next full pass, nor might a parent
 * whose children were not all read. A run that holds anything keeps its mark where what it holds may be told from there alone: by
 * changes, or by removals beside a list. What a list holds comes with the next one.
 */
export function nextWatermarks({ completeness, passes, startedAt, holds }: Ended): NextWatermarks {
  const { proofs, reasons } = completeness;
  const changes: WatermarkChange[] = [];
  const notes: string[] = [];
  // Only their own proofs count: children of a rejected parent are read when that parent is read again. What could not be mapped of
  // children, or differs below several of their parents, is tried again, too.
  const parentsOfBroken = new Set(
    proofs
      .filter(
        ({ brokenBecause, read, torn }) =>
          brokenBecause !== null || (read.stream.each !== null && read.rejected + torn > 0),
      )
      .map(({ read }) => read.stream.each),
  );
  for (const { read } of proofs) {
    const { stream, pass } = read;
    const fingerprint = passes.fingerprints.get(stream.name);
    if (stream.increments === null || fingerprint === undefined) continue;
    notes.push(...noteOf(read), ...noteOfLost(read), ...noteOfFuture(read));
    if (read.failure?.code === "UPS022") changes.push({ stream: stream.name, mark: null, fullAt: null });
    if (reasons.get(stream.name) !== null || parentsOfBroken.has(stream.name)) continue;
    if (holds && (pass.kind !== "full" || (read.removed ?? []).length > 0)) continue;
    const next =
      stream.increments.kind === "since" ? nextSince(read, stream.increments, startedAt) : nextLink(read.mark);
    if ("because" in next && tellsRemovals(stream) && isAskedAgain(read)) {
      notes.push(`\`${stream.name}\` is asked by the same link again: ${next.because}`);
      continue;
    }
    if ("because" in next) notes.push(`\`${stream.name}\` is read in full by the next run too: ${next.because}`);
    if ("value" in next) notes.push(...noteOfUnread(read));
    const mark = "because" in next ? null : { fingerprint, value: next.value };
    changes.push({ stream: stream.name, mark, fullAt: pass.kind === "full" ? startedAt.toISOString() : null });
  }
  return { changes, notes };
}

type Next = { readonly value: string } | { readonly because: string };

const nextLink = ({ link }: Mark): Next =>
  link === null ? { because: "its last page held no delta link that can be asked" } : { value: link };

/**
 * The earlier of two moments: when the upstream began to answer, for a record that changed later may have been on a
 * page that was read before; and the latest that a record told, for the clock that stamps records may be behind the one
 * that stamps answers. The mark never goes back, and stays where no record told anything.
 */
function nextSince({ mark, received, pass }: StreamRead, { field, overlap }: SinceIncrements, startedAt: Date): Next {
  const former = formerOf(pass);
  const begunAt = mark.begunAt ?? startedAt.getTime();
  const clockOf = mark.begunAt !== null ? "the customer's system" : field === null ? "the database" : null;
  if (former !== null && clockOf !== null && begunAt + overlap + CLOCKS_DIFFER < former)
    return { because: `the clock of ${clockOf} was put back` };
  // A clock of theirs that is before the mark is judged above, and bounds it where all records are ahead of it.
  const until = mark.tellsClock ? null : mark.until;
  if (former !== null && until !== null && former > until)
    return { because: "its changes were asked for from a time that is still to come" };
  if (until !== null && field !== null && mark.newest === null && former === null && mark.beyond !== null)
    return { because: `all times at \`${field.join(".")}\` are still to come` };
  if (field !== null && mark.newest === null && former === null && mark.beyond === null && received > 0)
    return { because: `none of its records has ${readableAt(field)}` };
  const told = field === null ? begunAt : (mark.newest ?? former ?? begunAt);
  return { value: new Date(Math.max(Math.min(begunAt, told), former ?? Number.NEGATIVE_INFINITY)).toISOString() };
}

/** The link it was asked by holds, and the next run asks by it: changes, or removals beside everything. */
const isAskedAgain = ({ pass, removed }: StreamRead): boolean =>
  pass.kind === "delta" || (pass.kind === "full" && pass.removals !== null && removed !== null);

/** Whoever was removed is in no list, and where absence means nothing there is no other way to know. */
const noteOfLost = ({ stream, removed, expired }: StreamRead): readonly string[] =>
  (removed === null || expired) && stream.deletes.absence === "never" && tellsRemovals(stream)
    ? [
        `whoever of \`${stream.name}\` was removed since its changes were asked for last stays: nobody tells it any more, and with \`deletes: never\` nobody is looked for`,
      ]
    : [];

/** Something moves no mark that the job means to: the name of the field may be another by now, or its format. */
function noteOfUnread({ stream: { name, increments }, pass, mark }: StreamRead): readonly string[] {
  if (increments?.kind !== "since" || increments.field === null || formerOf(pass) === null) return [];
  if (!mark.looked || mark.newest !== null || mark.beyond !== null) return [];
  return [
    `\`${name}\` is asked for changes from the same time again: none of its records that came has ${readableAt(increments.field)}`,
  ];
}

const readableAt = (field: readonly string[]): string => `a time that can be read at \`${field.join(".")}\``;

/** The mark that the run went by. */
const formerOf = (pass: Pass): number | null => (pass.kind === "delta" ? null : pass.former);

const noteOfFuture = ({ stream: { name }, mark: { beyond } }: StreamRead): readonly string[] =>
  beyond === null
    ? []
    : [
        `of \`${name}\` a record says that it was changed at ${moment(new Date(beyond).toISOString())}, which is still to come: that does not count`,
      ];

function noteOf({ stream: { name }, pass }: StreamRead): readonly string[] {
  if (pass.kind === "since")
    return [`of \`${name}\` only what changed since ${moment(new Date(pass.since).toISOString())} was asked for`];
  if (pass.kind === "delta") return [`of \`${name}\` only what changed since run ${pass.run} was asked for`];
  return pass.because === null || pass.because === "" ? [] : [`\`${name}\` was read in full: ${pass.because}`];
}
