import { parsePath } from "../../config/job/quantities";
import { Failure } from "../../domain/errors";
import type { Stream } from "../../domain/job";
import type { ReadPlace } from "../../mapping/paths-read";
import { readPlace } from "../../mapping/trace/read-place";
import { partsOf } from "../../mapping/trace/trace-parts";
import { unkeptParts } from "../../mapping/unkept-parts";
import type { KeptRecordStore } from "../../mirror/kept-record-store";
import { writtenPath } from "../../mirror/stage/apply/keep-raw-records";
import { traceOptionsOf } from "../compile-stream";

/** A part of a stream's mapping that reads what its kept records lack. */
export interface Lacking {
  readonly label: string;
  /** Whether nobody can say without it what becomes of a record. */
  readonly decides: boolean;
  /** As a job file names them. */
  readonly paths: readonly string[];
}

/** What of a stream's mapping cannot be told from the records that are kept, and why. */
export async function lackingParts(kept: KeptRecordStore, source: string, stream: Stream): Promise<readonly Lacking[]> {
  // Of all streams of a source alike.
  const without = new Set((await kept.summary(source)).flatMap((one) => one.without));
  const redacted = [...without].map((path) => parsePath(path) ?? []);
  const some = {
    record: await kept.latest(source, stream.name),
    parent: stream.each === null ? [] : await kept.latest(source, stream.each),
  };
  const isThere = (place: ReadPlace): boolean =>
    some[place.root].some((record) =>
      [readPlace(record, place)]
        .flat(Number.POSITIVE_INFINITY)
        .some((value) => /^(boolean|number)$/.test(typeof value)),
    );
  const parts = partsOf(stream.mapping, traceOptionsOf(stream));
  return unkeptParts(stream.mapping, parts, redacted, isThere).map(({ label, decides, paths }) => ({
    label,
    decides,
    paths: [...new Set(paths.map(writtenPath))],
  }));
}

/** @throws Failure KEP002 where a part that decides is among them */
export function refuseUndecided(lacking: readonly Lacking[], of: string, fix: string): void {
  const undecided = lacking.find(({ decides }) => decides);
  if (undecided !== undefined) throw notDecided(undecided, of, fix);
}

export const notDecided = ({ label, paths }: Lacking, of: string, fix: string): Failure =>
  new Failure(
    "KEP002",
    `the records of \`${of}\` are kept without ${paths.map((path) => `\`${path}\``).join(", ")}, which \`${label}\` reads`,
    { fix },
  );
