import type {
  FullPass,
  IncrementalPass,
  IncrementFacts,
  Increments,
  KnownWatermark,
  Pass,
} from "../../domain/increments";
import type { Job, Stream } from "../../domain/job";
import type { VersionedStream } from "../../domain/mapping-version";
import { readsPasswords } from "../../domain/passwords";
import type { RunOptions } from "../../domain/runs";
import { sharedKeyset } from "../../domain/shared-keyset";
import type { PreparingStage } from "../ports";
import { fullIsDue } from "./full-is-due";
import { watermarkFingerprint } from "./watermark-fingerprint";

/** More rejected records than this are not read one by one. */
const AGAIN_AT_MOST = 200;

interface Choosing {
  readonly job: Job;
  readonly options: Pick<RunOptions, "full" | "user">;
  readonly versions: readonly VersionedStream[];
  /** Fingerprint of the files, as they are looked at. */
  readonly files: string;
  /** Names the secret that passwords are sealed with; null where none are. */
  readonly sealedUnder: string | null;
  readonly startedAt: Date;
}

/** How each stream is read, and the fingerprint under which the next run may go on from there. */
export interface Passes {
  readonly of: ReadonlyMap<string, Pass>;
  readonly fingerprints: ReadonlyMap<string, string>;
  readonly facts: IncrementFacts;
}

const NO_PASSES: Passes = {
  of: new Map(),
  fingerprints: new Map(),
  facts: { watermarks: [], rejected: new Map(), absent: new Map() },
};

/**
 * A stream is read incrementally when its job says how, a run committed from where on, nothing that decides what was read was
 * edited since, nobody was absent once, and no full pass is asked for or due. Children are read as their parents are: of those
 * that were met.
 */
export async function choosePasses(choosing: Choosing, stage: PreparingStage): Promise<Passes> {
  const { job, options, versions, files, startedAt } = choosing;
  if (options.user !== null || versions.every(({ stream }) => stream.increments === null)) return NO_PASSES;
  const facts = await stage.incrementFacts();
  const common = (await stage.awaitsRelease({ orExpired: true }))
    ? "a hold was released, and what it holds is to be met again"
    : (await stage.wasLookedAt(files))
      ? null
      : "its files were edited, and nobody has looked at what they do to everybody";
  const of = new Map<string, Pass>();
  const fingerprints = new Map<string, string>();
  for (const { stream } of versions) {
    const { increments, name } = stream;
    if (increments === null) continue;
    const fingerprint = watermarkFingerprint(job, increments, stream, versions, choosing);
    fingerprints.set(name, fingerprint);
    const known = facts.watermarks.find((watermark) => watermark.stream === name) ?? null;
    const valid = known?.fingerprint === fingerprint ? known : null;
    const because = whyFull(stream, increments, { known, valid, common, facts, options, startedAt });
    const pass =
      because === null && valid !== null
        ? incrementalPass(valid, increments)
        : { ...fullPass(valid, increments, because), removals: toldRemovals(stream, known, valid !== null) };
    for (const read of versions.filter((one) => [one.stream.name, one.stream.each].includes(name)))
      of.set(read.stream.name, pass);
  }
  return { of, fingerprints, facts };
}

function incrementalPass({ value, run }: KnownWatermark, increments: Increments): IncrementalPass {
  if (increments.kind === "delta") return { kind: "delta", link: value, run };
  const former = Date.parse(value);
  return { kind: "since", since: former - increments.overlap, former };
}

/** Whether a change feed tells what was removed, which no list of what is there does. */
export const tellsRemovals = ({ increments, deletes }: Pick<Stream, "increments" | "deletes">): boolean =>
  increments?.kind === "delta" && (increments.removed !== null || deletes.expression !== null);

const toldRemovals = (stream: Stream, known: KnownWatermark | null, holds: boolean): FullPass["removals"] =>
  known !== null && tellsRemovals(stream)
    ? { since: { kind: "delta", link: known.value, run: known.run }, holds }
    : null;

const fullPass = (
  valid: KnownWatermark | null,
  { kind }: Increments,
  because: string | null,
): Omit<FullPass, "removals"> => ({
  kind: "full",
  because,
  former: valid === null || kind === "delta" ? null : Date.parse(valid.value),
});

const EDITED = "its job or its mapping was edited since it was read last";

/** Null when changes alone may be asked for; no reason is told to those who asked for everything. */
function whyFull(
  stream: Stream,
  { full }: Increments,
  {
    known,
    valid,
    common,
    facts,
    options,
    startedAt,
  }: Pick<Choosing, "options" | "startedAt"> & {
    readonly known: KnownWatermark | null;
    readonly valid: KnownWatermark | null;
    /** What speaks for reading everything of the whole source. */
    readonly common: string | null;
    readonly facts: IncrementFacts;
  },
): string | null {
  const { name, one, mapping } = stream;
  if (options.full) return "";
  if (known === null) return "no run has told yet from where on changes are to be asked for";
  if (valid === null) return readsPasswords(mapping) ? `${EDITED}, or the secret of its passwords changed` : EDITED;
  if (common !== null) return common;
  if (full !== null && fullIsDue(full, new Date(valid.fullAt), startedAt)) return "a full pass was due";
  const absent = whyAbsent(stream, facts, valid);
  if (absent !== null) return absent;
  const rejected = facts.rejected.get(name)?.length ?? 0;
  if (rejected > 0 && one === null)
    return `${rejected} of its records are rejected, and without \`one\` only a full pass reads them again`;
  if (rejected > AGAIN_AT_MOST) return `${rejected} of its records are rejected, too many to be read one by one`;
  return null;
}

/** Where no list is ever enough, as of a keyset with a second page, one more is read and no further: only `one` may tell. */
function whyAbsent(stream: Stream, { absent }: IncrementFacts, { run }: KnownWatermark): string | null {
  const known = absent.get(stream.into);
  if (known === undefined || stream.deletes.absence === "never") return null;
  const missed = `records that it missed once, ${known.count} in all, are`;
  if (sharedKeyset(stream) === null) return `${missed} gone if it misses them again`;
  return known.run < run ? null : `${missed} looked for again`;
}
