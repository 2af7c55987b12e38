import { type EntityName, FIELDS, isEntity } from "../domain/entities";
import { Failure } from "../domain/errors";
import type { Job, Stream } from "../domain/job";
import { rolesNamedBy } from "../domain/login";
import { keyOf } from "../domain/mapping";
import type { KeyVersion, KnownMapping } from "../domain/mapping-version";
import type { KeyPair } from "../domain/rekey";
import { NOTHING_READ, type RekeySummary, type RunReport } from "../domain/runs";
import { reportHead } from "./conclude/report-head";
import { proveStream } from "./judge/prove-stream";
import type { Mapper, PreparingStage, ReadingStage, RekeyStage, SettlingStage } from "./ports";
import { readStreams } from "./read/read-streams";
import type { RunRequest } from "./run-request";
import type { RunServices } from "./run-services";
import { keyText, knownFor, renamedStreams } from "./state/known-mappings";

export interface RekeyServices extends Omit<RunServices, "stage"> {
  readonly stage: RekeyStage & PreparingStage & ReadingStage & SettlingStage;
  /** Reads nothing but a key from a stream's records. */
  readonly keyReader: (stream: Stream, key: KeyVersion) => Mapper;
}

/**
 * The life of a rekey: every record is read once, its key worked out by the expression the mirror is kept by and by the one in
 * the file, and the keys are renamed wherever they stand, so that everybody stays who they are. Nothing else is changed: what
 * the mapping makes of the other fields is for the next run.
 *
 * Rejects with a `Failure` when the list was not read completely, or an old key does not stand for one new key.
 */
export async function runRekey(request: RunRequest, services: RekeyServices): Promise<RunReport> {
  const { job, options, trigger } = request;
  const { stage, tell, signal } = services;
  const stream = entityStream(job, options.rekey?.stream ?? "");
  const expect = options.rekey?.expect ?? null;
  const version = services.versionOf(stream);
  const mappings = await stage.knownMappings();
  const known = knownFor(mappings, version);
  if (known?.key == null || version.key === null || known.key.fingerprint === version.key.fingerprint) {
    const report = finished(request, services, [nothingToDo(stream, known)]);
    await stage.conclude(report);
    return report;
  }

  // Links are found by the name of the stream that states them.
  if (expect !== null) await stage.renameStreams(renamedStreams(mappings, job.streams.map(services.versionOf)));

  // Read everything, both keys of every record.
  tell({ type: "phase", phase: "fetch" });
  await readPairs(stream, known.key, request, services);

  // One old key, one new key, wherever they stand.
  tell({ type: "phase", phase: "compare" });
  const { clash, ...facts } = await stage.weighRekey(stream);
  if (clash !== null)
    throw new Failure("MAP061", `the new key of \`${stream.into}\` cannot take the old one's place: ${clash}`, {
      fix: "nothing was renamed; choose a key that is there once for every record",
    });
  const summary = { stream: stream.name, entity: stream.into, ...textsOf(known.key, version.key), ...facts };
  if (expect === null) {
    const report = finished(request, services, notesOn(summary, job), { ...summary, applied: false });
    await stage.conclude(report);
    return report;
  }
  if (expect !== facts.renamed)
    throw new Failure("USE004", `${facts.renamed} ${stream.into} would get another key, not ${expect}; none did`, {
      fix: `look at them first: understudy mapping rekey ${job.source}/${stream.name}`,
      data: { renamed: facts.renamed },
    });

  // Rename, with the audit.
  tell({ type: "phase", phase: "apply" });
  signal.throwIfAborted();
  return stage.applyRekey({
    stream,
    version,
    known,
    renamed: facts.renamed,
    actor: trigger.by,
    reason: trigger.reason,
    children: job.streams.filter(({ each }) => each === stream.name).map(({ name }) => name),
    report: () => finished(request, services, notesOn(summary, job), { ...summary, applied: true }),
  });
}

type EntityStream = Stream & { readonly into: EntityName };

const isEntityStream = (stream: Stream): stream is EntityStream => isEntity(stream.into);

/** The stream of that name, if its records have a key. @throws Failure USE003 */
export function entityStream(job: Job, name: string): EntityStream {
  const rekeyable = job.streams.filter(isEntityStream);
  const found = rekeyable.find((stream) => stream.name === name);
  if (found !== undefined) return found;
  throw new Failure("USE003", `\`${job.source}\` has no records \`${name}\` that have a key`, {
    fix: `it has: ${rekeyable.map((stream) => stream.name).join(", ")}`,
  });
}

/** @throws Failure RUN008 when the list was not read completely; what kept it from that, when that is the upstream */
async function readPairs(
  stream: EntityStream,
  old: KeyVersion,
  { run, job, startedAt }: RunRequest,
  services: RekeyServices,
): Promise<void> {
  const { stage } = services;
  const oldKeys = services.keyReader(stream, old);
  try {
    const mapper = pairing(services.mapperOf(stream), oldKeys, stage);
    const mapperOf = (one: Stream): Mapper => (one.name === stream.name ? mapper : services.mapperOf(one));
    // Its parents are read because it is read under them, but not its children.
    const streams = job.streams.filter(({ name }) => name === stream.name || name === stream.each);
    const reads = await readStreams(streams, {
      ...services,
      mapperOf,
      job,
      run,
      startedAt,
      keepRaw: null,
      knownOf: async () => null,
      passes: new Map(),
      rejectedBefore: new Map(),
      earlier: new Map(),
    });
    await stage.endReading({ isToBeResumed: false });
    const failure = reads.find((read) => read.failure !== null)?.failure;
    if (failure != null) throw failure;
    for (const read of reads) {
      const { brokenBecause } = await proveStream(read, stage);
      const because = brokenBecause ?? (read.stream.name !== stream.name && read.rejected > 0 ? PARENTS : null);
      if (because === null) continue;
      throw new Failure("RUN008", `\`${read.stream.name}\` was not read completely: ${because}`, {
        fix: "nothing was renamed; a missing record could not be told from a newcomer afterwards. Run it again, or mend that first",
      });
    }
  } finally {
    await oldKeys.close();
  }
}

const PARENTS = "some of it could not be mapped, so what is under those was not asked for";

/** Maps as usual, and remembers on the way what either expression says who a record is. */
function pairing(mapper: Mapper, oldKeys: Mapper, stage: RekeyStage): Mapper {
  return {
    async mapPage(records, parent) {
      const now = await mapper.mapPage(records, parent);
      const before = await oldKeys.mapPage(records, parent);
      await stage.pairKeys(
        now.map((result, index): KeyPair => {
          const old = before[index];
          return {
            old: old === undefined ? null : keyOf(old),
            new: keyOf(result),
          };
        }),
      );
      return now;
    },
    close: () => mapper.close(),
  };
}

const textsOf = (from: KeyVersion, to: KeyVersion) => ({ from: keyText(from), to: keyText(to) });

function nothingToDo({ name, into, mapping }: EntityStream, known: KnownMapping | null): string {
  return known === null
    ? `no run has kept any \`${into}\` yet, so any key will do; nothing to rename`
    : `the key of \`${name}\` means what it meant before (\`${mapping.key?.text}\`); nothing to rename`;
}

function notesOn(
  { from, to, entity, same, unmet, unmetKeys }: Omit<RekeySummary, "applied">,
  job: Job,
): readonly string[] {
  const naming = job.streams.filter(
    ({ into, mapping }) =>
      into !== entity &&
      mapping.fields.some(({ name }) => FIELDS[into].some((field) => field.name === name && field.refers === entity)),
  );
  return [
    `the key of \`${entity}\` was ${from} and is now ${to}`,
    ...(same === 0 ? [] : [`${same} ${entity} have the same key by both`]),
    ...(unmet === 0
      ? []
      : [`${unmet} ${entity} were not met upstream and keep their old key: ${firstOf(unmetKeys, unmet)}`]),
    ...naming.map(
      ({ name }) => `\`${name}\` names ${entity} by their key: its mapping must give the new one from now on`,
    ),
    ...(entity === "roles" && rolesNamedBy(job.login).length > 0
      ? [`\`login\` in ${job.file} names roles by their key: it must name the new one from now on`]
      : []),
  ];
}

const firstOf = (keys: readonly string[], total: number): string =>
  `${keys.join(", ")}${total > keys.length ? ", …" : ""}`;

/** Without a summary there was nothing to do; one that is not applied waits for a person. */
function finished(
  request: RunRequest,
  { upstream, now }: RekeyServices,
  notes: readonly string[],
  rekey?: RekeySummary,
): RunReport {
  const { source } = request.job;
  return {
    ...reportHead({ ...request, source }, rekey?.applied === false ? "held" : "ok", now()),
    ...NOTHING_READ,
    ...upstream.usage,
    notes,
    ...(rekey === undefined ? {} : { rekey }),
  };
}
