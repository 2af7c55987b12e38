import type { Pass } from "../domain/increments";
import type { Stream } from "../domain/job";
import type { LandingStream } from "../domain/landing";
import type { Beginning } from "../domain/staging";
import type { PreparedRun } from "./prepare-run";
import { landableStreams } from "./read/order-streams";
import { readPerson } from "./read/read-person";
import { metIn, readStreams } from "./read/read-streams";
import { isHopeless, type StreamRead } from "./read/stream-read";
import type { RunRequest } from "./run-request";
import type { RunServices } from "./run-services";
import { choosePasses, type Passes } from "./state/choose-passes";
import { digestFingerprint } from "./state/digest-fingerprint";
import { isEdited, knownFor } from "./state/known-mappings";
import type { KnownRecords } from "./state/known-records";
import { loadKnownRecords } from "./state/load-known-records";
import { stagingFingerprint } from "./state/staging-fingerprint";
import { fingerprintOfFiles } from "./state/watched-files";

/** Everything that a run has read and staged, and the circumstances it was read under. */
export interface SourceRead {
  readonly beginning: Beginning;
  readonly passes: Passes;
  /** By stream, the fingerprint that the digests of its records are valid under. Empty where one person was read. */
  readonly fingerprints: ReadonlyMap<string, string | null>;
  /** One for each stream. */
  readonly reads: readonly StreamRead[];
}

/** Fetches, maps, validates and stages every stream of the run, or one person alone. */
export async function readSource(
  prepared: PreparedRun,
  request: RunRequest,
  services: RunServices,
): Promise<SourceRead> {
  const { job, options, run } = request;
  const { streams, versions } = prepared;
  const { stage, versionOf } = services;
  const fingerprints = digestFingerprints(prepared, request, services);
  const files = fingerprintOfFiles(job, versionOf);
  const passes = await choosePasses({ ...request, ...services, versions, files }, stage);
  const beginning = await stage.begin(stagingFingerprint(request, versions, passes.of, services));
  const { earlier } = beginning;
  if (options.mode === "sync" && options.only === null && options.user === null) {
    const { by: actor, reason } = request.trigger;
    await stage.allowLanding({ actor, reason, streams: streamsToLand(prepared, passes, fingerprints) });
  }

  const knownOf = (stream: Stream, pass: Pass): Promise<KnownRecords | null> => {
    const fingerprint = fingerprints.get(stream.name) ?? null;
    return loadKnownRecords(stream, { stage, options, earlier, pass, fingerprint });
  };
  const context = {
    ...services,
    job,
    run,
    startedAt: request.startedAt,
    knownOf,
    passes: passes.of,
    rejectedBefore: passes.facts.rejected,
    keepRaw: options.mode === "sync" ? job.keepRaw : null,
    earlier: new Map(earlier?.streams.map((state) => [state.stream, state])),
  };
  const reads =
    options.user === null ? await readStreams(streams, context) : [await readPerson(options.user, streams, context)];
  const isToBeResumed = reads.some(({ failure }) => failure !== null && isHopeless(failure));
  await stage.endReading({ isToBeResumed });
  await stage.noteMet(reads.map(metIn).filter((met) => met !== null));
  return { beginning, passes, fingerprints, reads };
}

function digestFingerprints(
  { versions }: PreparedRun,
  { job, options }: RunRequest,
  services: RunServices,
): SourceRead["fingerprints"] {
  if (options.user !== null) return new Map();
  return new Map(
    versions.map(({ stream, version }) => [stream.name, digestFingerprint(job, stream, version, services)]),
  );
}

/**
 * Streams whose first load may be written into the mirror as it is read. None with an edited mapping: records that the former one
 * rejected come by the edit, and the audit is to say so. None of a change feed, which may tell at its end that a record is gone.
 */
function streamsToLand(
  { streams, versions, known }: PreparedRun,
  passes: Passes,
  fingerprints: SourceRead["fingerprints"],
): ReadonlyMap<string, LandingStream> {
  const landable = landableStreams(streams);
  const landing = new Map<string, LandingStream>();
  for (const { stream, version } of versions) {
    const fingerprint = fingerprints.get(stream.name) ?? null;
    const isFeed = passes.of.get(stream.name)?.kind === "delta";
    if (fingerprint === null || isFeed || !landable.includes(stream)) continue;
    if (isEdited(knownFor(known, version), version)) continue;
    landing.set(stream.name, { version, fingerprint });
  }
  return landing;
}
