import { isEntity } from "../domain/entities";
import type { Failure } from "../domain/errors";
import type { Pass } from "../domain/increments";
import type { Stream } from "../domain/job";
import type { Log } from "../domain/log";
import type { MappingVersion } from "../domain/mapping-version";
import type { RunEvent, RunReport } from "../domain/runs";
import type { MappedStream, Usage } from "../domain/staging";
import { applyStoredPlan } from "./apply-stored-plan";
import { knownFor, refuseChangedKeys, renamedStreams } from "./changed-keys";
import { choosePasses } from "./choose-passes";
import { chooseStreams } from "./choose-streams";
import { areAbsencesHeld, confirmAbsences } from "./confirm-absences";
import { digestFingerprint } from "./digest-fingerprint";
import { holdLinks, holdRecords } from "./hold-excess";
import type { KnownRecords } from "./known-records";
import { loadKnownRecords } from "./load-known-records";
import { nextWatermarks } from "./next-watermarks";
import { landableStreams } from "./order-streams";
import { passwordsIn } from "./passwords";
import type { Mapper, Stage, Upstream } from "./ports";
import { brokenByParents, type ProvenStream, proveComplete } from "./prove-complete";
import { readPerson } from "./read-person";
import { metIn, pagesIn, readStreams } from "./read-streams";
import { composeReport, type RunFacts } from "./report";
import type { RunRequest } from "./run-request";
import { stagingFingerprint } from "./staging-fingerprint";
import { isHopeless, type ReadContext, type StreamRead } from "./stream-read";
import { volatileEntities } from "./volatile-entities";
import { fingerprintOfFiles, watchFiles } from "./watched-files";

export interface RunServices extends Pick<ReadContext, "maskOf"> {
  readonly upstream: Upstream;
  readonly mapperOf: (stream: Stream) => Mapper;
  readonly versionOf: (stream: Stream) => MappingVersion;
  readonly stage: Stage;
  readonly log: Log;
  readonly now: () => Date;
  /** Names the secret that passwords are sealed with; null where none are. */
  readonly sealedUnder: string | null;
  /** Live records in the mirror by entity, for progress. */
  readonly expected: (stream: Stream) => number | null;
  readonly tell: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * The life of a run. Everything is read and staged first, then compared with the mirror into a change set, judged, and what
 * may go is applied in one transaction; `plan` is the same without the last step. An enumeration that breaks off or cannot be
 * proven complete still lands its creates and updates; its absences mean nothing.
 *
 * Rejects with a `Failure` only for what ends the run with nothing written: the database, the fence, an interruption.
 */
export async function runSync(request: RunRequest, services: RunServices): Promise<RunReport> {
  const { job, options, run, trigger } = request;
  const { stage, upstream, signal, tell } = services;
  if (options.planId !== null) return applyStoredPlan(options.planId, request, services);

  // Refuse what would make strangers of everybody.
  const streams = chooseStreams(job, options);
  const known = await stage.knownMappings();
  const versions = streams.map((stream) => ({ stream, version: services.versionOf(stream) }));
  await refuseChangedKeys(versions, { source: job.source, known, live: stage.countLive });
  const renames = renamedStreams(known, versions);
  if (options.mode === "sync" && renames.length > 0) await stage.renameStreams(renames);

  // Fetch, map, validate, stage.
  tell({ type: "phase", phase: "fetch" });
  const fingerprints = new Map(
    options.user === null
      ? versions.map(({ stream, version }) => [stream.name, digestFingerprint(job, stream, version, services)] as const)
      : [],
  );
  const passes = await choosePasses(
    { ...request, ...services, versions, files: fingerprintOfFiles(job, services.versionOf) },
    stage,
  );
  const beginning = await stage.begin(stagingFingerprint(request, versions, passes.of, services));
  if (options.mode === "sync" && options.only === null && options.user === null) await allowLanding();
  const { earlier } = beginning;
  const knownOf = ({ name, into }: Stream, pass: Pass): Promise<KnownRecords | null> =>
    loadKnownRecords({ name, into }, { stage, options, earlier, pass, fingerprint: fingerprints.get(name) ?? null });
  const context = {
    ...{ ...services, job, run, knownOf, passes: passes.of, rejected: passes.facts.rejected },
    keepRaw: options.mode === "sync" ? job.keepRaw : null,
    earlier: new Map(earlier?.streams.map((state) => [state.stream, state])),
  };
  const reads =
    options.user === null ? await readStreams(streams, context) : [await readPerson(options.user, streams, context)];
  await stage.staged(reads.some(({ failure }) => failure !== null && isHopeless(failure)));
  await stage.met(reads.map(metIn).filter((met) => met !== null));

  // Prove complete.
  tell({ type: "phase", phase: "compare" });
  const proven: ProvenStream[] = [];
  for (const read of reads) proven.push(await proveComplete(read, stage, streams));
  const broken = new Map(
    proven.map(({ read, brokenBecause }) => {
      const reason = brokenBecause ?? brokenByParents(read.stream, proven);
      return [read.stream.name, options.user === null ? reason : ONE_PERSON] as const;
    }),
  );
  const isIncremental = ({ name }: Stream): boolean =>
    proven.some(({ read }) => read.stream.name === name && read.pass.kind !== "full");
  const isComplete = (stream: Stream): boolean => broken.get(stream.name) === null && !isIncremental(stream);

  // Nothing of a stream is believed when most of it could not be mapped.
  const stopped = new Set(proven.filter((proof) => proof.stopped).map(({ read }) => read.stream));
  for (const stream of stopped) await stage.disregardLinks(stream);
  const believed = streams.filter((stream) => !stopped.has(stream));

  // Compare records, those of parents first.
  const entityStreams = believed
    .filter((stream) => isEntity(stream.into))
    .sort((a, b) => Number(a.each !== null) - Number(b.each !== null));
  for (const stream of entityStreams) {
    const sweeps = isComplete(stream) && stream.deletes.absence !== "never";
    await stage.compareRecords(stream, sweeps, readOf(stream)?.known ?? null);
  }

  // What a person undid, who cannot stand beside each other, the safeguard, then the second witness for what it lets through.
  const evidence = [...(await stage.holdReverted("records", { streams: believed, isComplete }))];
  await stage.rejectConflicts(streams);
  const { isUnwatchedEdit, lookedAt } = await watchFiles(request, stage, services.versionOf);
  const weighing = { ...{ stage, job, streams, believed, isComplete, isIncremental }, isUnwatchedEdit };
  evidence.push(...(await holdRecords(weighing)));
  tell({ type: "phase", phase: "confirm" });
  // What a person let through goes only if the upstream still says so at this moment.
  const confirming = { concurrency: job.http.concurrency, held: await stage.awaitsRelease() };
  const waiting = new Map<string, number>();
  const inDoubt = new Set<string | null>();
  for (const stream of entityStreams) {
    const { resumed = false, readBy = null } = readOf(stream) ?? {};
    const reading = { inDoubt: resumed || inDoubt.has(stream.each), readBy };
    const confirmation = await confirmAbsences(stream, { ...context, ...confirming, ...reading });
    waiting.set(stream.into, confirmation.waiting);
    if (confirmation.disproved !== null) await disbelieve(stream, confirmation.disproved);
    const isParent = entityStreams.some(({ each }) => each === stream.name);
    if (isParent && (confirmation.waiting > 0 || (await areAbsencesHeld(stage, stream.into)))) inDoubt.add(stream.name);
  }
  signal.throwIfAborted();

  // Who conflicts with what stays; links no longer stated and new ones, the safeguard over them, and what a person decided.
  await stage.rejectConflicts(streams);
  await stage.compareRevokes(believed, new Set(believed.filter(isSwept).map((stream) => stream.name)));
  evidence.push(...(await holdLinks(weighing)));
  const decision = await stage.decideHold(evidence, wholeSource());
  if (decision.released) {
    await stage.rejectConflicts(streams);
    await stage.compareGrants();
  }

  // Tell what an edited mapping does from what the upstream does.
  const mapped = versions
    .filter(({ stream }) => isMapped(stream))
    .map(({ stream, version }) => describe(stream, version));
  await stage.nameCauses(mapped);

  // Count, and apply with its audit or keep as a plan.
  const counts = await stage.count(streams);
  const holds = [...Object.values(counts.entities), ...Object.values(counts.links)].some(({ held }) => held > 0);
  const watermarks = nextWatermarks({ proven, broken, passes, startedAt: request.startedAt, holds });
  const facts: RunFacts = {
    request,
    usage: sumOf(upstream.usage, earlier?.usage),
    beginning,
    counts,
    volatile: await volatileEntities(reads, counts, stage),
    proven,
    broken,
    waiting,
    edited: mapped
      .filter(({ edited }) => edited)
      .map(({ version }) => ({ version, since: knownFor(known, version)?.lastRun ?? 0 })),
    hash: await stage.hash(),
    rejects: await stage.rejects(100),
    decision,
    renames,
    incrementNotes: watermarks.notes,
    failure: worstFailure(reads.map((read) => read.failure)),
  };
  const report = (): RunReport => composeReport(facts, services.now());
  const looked = lookedAt({
    ...{ wholeSource: wholeSource(), evidence, released: decision.released },
    isAnybodyWaiting: [...waiting.values()].some((count) => count > 0),
  });
  if (options.mode === "plan") {
    const planned = report();
    if (planned.plan === null || facts.hash === null)
      throw new Error("a plan has no hash, as if it had landed records");
    await stage.storePlan(planned.plan, facts.hash, planned, looked);
    return planned;
  }
  tell({ type: "phase", phase: "apply" });
  signal.throwIfAborted();
  return stage.apply({
    actor: trigger.by,
    reason: trigger.reason,
    job,
    after: Object.fromEntries(Object.entries(facts.counts.entities).map(([entity, counts]) => [entity, counts.after])),
    streams,
    fingerprints: new Map(
      believed.flatMap(({ name, into }) => {
        const fingerprint = fingerprints.get(name) ?? null;
        return fingerprint !== null && isEntity(into) ? [[into, fingerprint] as const] : [];
      }),
    ),
    passwords: passwordsIn(
      job,
      believed,
      mapped.filter(({ edited }) => edited).map(({ stream }) => stream),
    ),
    pages: new Map(reads.flatMap((read) => pagesIn(read, earlier === null))),
    ended: reads
      .filter((read) => options.user === null && read.failure === null && read.pass.kind === "full")
      .map((read) => read.stream),
    complete: streams.filter(isComplete),
    completeAt: isUpToDate() ? services.now().toISOString() : null,
    watermarks: watermarks.changes,
    lookedAt: looked,
    report,
  });

  /**
   * A first load is as its mapping says, unless an earlier run knew another one: who was rejected by that is its doing. Whoever
   * comes in a change feed may be gone by its end.
   */
  async function allowLanding(): Promise<void> {
    const landable = versions.flatMap(({ stream, version }) => {
      const fingerprint = fingerprints.get(stream.name) ?? null;
      const isEdited = (knownFor(known, version)?.fingerprint ?? version.fingerprint) !== version.fingerprint;
      if (fingerprint === null || isEdited || !landableStreams(streams).includes(stream)) return [];
      if (passes.of.get(stream.name)?.kind === "delta") return [];
      return [[stream.name, { version, fingerprint }] as const];
    });
    await stage.allowLanding({ actor: trigger.by, reason: trigger.reason, streams: new Map(landable) });
  }

  function readOf({ name }: Stream): StreamRead | undefined {
    return reads.find(({ stream }) => stream.name === name);
  }

  /** What a disproved list left out may still be there, and so may the children of what it left out. */
  async function disbelieve({ name }: Stream, because: string): Promise<void> {
    for (const told of entityStreams.filter((stream) => stream.name === name || stream.each === name)) {
      broken.set(told.name, because);
      if (isEntity(told.into))
        await stage.withdrawAbsences(told.into, null, { remember: false, held: confirming.held });
    }
  }

  /** Something of it was read and believed, so its mapping is the one the mirror is kept by from here on. */
  function isMapped(stream: Stream): boolean {
    const read = readOf(stream);
    return !stopped.has(stream) && read !== undefined && (read.received > 0 || isComplete(stream));
  }

  function describe(stream: Stream, version: MappingVersion): MappedStream {
    const before = knownFor(known, version);
    const parent = job.streams.find(({ name }) => name === stream.each)?.into ?? null;
    return {
      ...{
        stream,
        version,
        ended: isComplete(stream),
        edited: before !== null && before.fingerprint !== version.fingerprint,
      },
      owners: [stream.into, parent].find((into) => into !== null && isEntity(into)) ?? null,
    };
  }

  function wholeSource(): boolean {
    return options.only === null && options.user === null && job.streams.every(isComplete);
  }

  /** Of every stream either everything or all that changed was read. */
  function isUpToDate(): boolean {
    return options.only === null && options.user === null && job.streams.every(({ name }) => broken.get(name) === null);
  }

  function isSwept(stream: Stream): boolean {
    if (stream.deletes.absence === "never") return false;
    return stream.deletes.absence === "sweep-within-parent" || isComplete(stream);
  }
}

const sumOf = (one: Usage, other: Usage = { requests: 0, bytes: 0 }): Usage => ({
  requests: one.requests + other.requests,
  bytes: one.bytes + other.bytes,
});

const ONE_PERSON = "only one person was read";

const worstFailure = (failures: readonly (Failure | null)[]): Failure | null =>
  failures.find((failure) => failure !== null && isHopeless(failure)) ??
  failures.find((failure) => failure !== null) ??
  null;
