import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LISTED } from "../../domain/answers";
import type { ReplayRequest } from "../../domain/app";
import { Failure } from "../../domain/errors";
import type { Job, Stream } from "../../domain/job";
import type { GivenFile } from "../../domain/mapping-trials";
import { type IsPersonal, maskChanges } from "../../domain/personal-data";
import type { RehearsedChanges, ReplayAnswer, ReplayedRecords } from "../../domain/replay";
import { versionOf } from "../../mapping/mapping-version";
import { withoutFields } from "../../mapping/unkept-parts";
import { rehearse } from "../../mirror/rehearse";
import { chooseStreams } from "../../sync/choose-streams";
import { openMappers } from "../../sync/open-mappers";
import { type ReplayRecords, replay, sweepingOnly, upstreamOf } from "../../sync/replay";
import { compileStream, maskOf } from "../compile-stream";
import type { Jobs } from "../jobs";
import type { Adapters } from "../open/adapters";
import { howToKeep } from "./how-to-keep";
import { type Lacking, lackingParts, refuseUndecided } from "./kept-without";
import { streamOf } from "./known-entity";
import { readRecords } from "./read-records";

/** The records of one file are few: they are replayed as one page. */
function fileRecords({ name: file, bytes }: GivenFile, stream: Stream, job: Job): Found {
  if (stream.each !== null)
    throw new Failure(
      "KEP001",
      `\`${stream.name}\` is read once for each of \`${stream.each}\`, and a file holds no parents`,
      { fix: `${howToKeep(job)}, and replay what was kept; or add --live` },
    );
  const all = readRecords(file, bytes, stream.records);
  return {
    told: { ...NOT_KEPT, from: "file", file },
    records: {
      async *pages({ name }, parent) {
        if (name === stream.name && parent === null) yield all.map((record) => ({ key: null, record }));
      },
      covers: async () => false,
    },
  };
}

/** Runs of an edited mapping over records that are there already; nothing is written. */
export function createReplays({ home, database, stores, openUpstream, log }: Adapters, jobs: Jobs) {
  async function keptRecords(source: string, stream: Stream): Promise<Found | null> {
    const { kept } = await stores();
    const summary = (await kept.summary(source)).find((one) => one.stream === (stream.each ?? stream.name));
    if (summary === undefined) return null;
    const { run, at, without } = summary;
    return {
      told: { from: "kept", file: null, run, at, without },
      records: {
        pages: ({ name }, parent) => kept.pages(source, name, parent),
        covers: (child, parent) => kept.covers(source, child, parent),
      },
    };
  }

  async function find(job: Job, stream: Stream, file: GivenFile | null): Promise<Found> {
    if (file !== null) return fileRecords(file, stream, job);
    const cassette = join("cassettes", job.source, `${stream.name}.jsonl`);
    const found = await keptRecords(job.source, stream);
    if (found !== null) return found;
    const bytes = await readFile(join(home, cassette)).catch(() => null);
    if (bytes !== null) return fileRecords({ name: cassette, bytes }, stream, job);
    throw new Failure(
      "KEP001",
      `no records of \`${job.source}/${stream.name}\` are kept, so there is nothing to replay`,
      { fix: `${howToKeep(job)}; or read them now with --live, or from a file with --with FILE` },
    );
  }

  /**
   * The streams, those that are replayed without the fields that read what is not kept.
   *
   * @throws Failure KEP002 where more than a field depends on that
   */
  async function comparable(job: Job, entity: string, areKept: boolean) {
    const { streams, source } = job;
    if (!areKept) return { streams, notCompared: [], lacked: [] };
    const { kept } = await stores();
    const lacking = new Map<string, readonly Lacking[]>();
    for (const stream of chooseStreams(job, { user: null, only: [entity] })) {
      const parts = await lackingParts(kept, source, stream);
      refuseUndecided(parts, `${source}/${stream.name}`, "replay what the customer's system sends now, with --live");
      lacking.set(stream.name, parts);
    }
    const leftOut = (name: string): readonly string[] => (lacking.get(name) ?? []).map(({ label }) => label);
    return {
      streams: streams.map((stream) => ({ ...stream, mapping: withoutFields(stream.mapping, leftOut(stream.name)) })),
      notCompared: leftOut(entity),
      lacked: [...lacking.values()].flat().flatMap(({ paths }) => paths),
    };
  }

  return {
    /** @throws Failure USE003, USE008, KEP001 when there is nothing to replay, KEP002; `InvalidFiles` */
    async replay({ source, entity, file, live, onEvent, signal }: ReplayRequest): Promise<ReplayAnswer> {
      const job = await jobs.load(source, { variables: live ? "required" : "may-be-unset" });
      const found = live ? null : await find(job, streamOf(job, entity), file);
      const { streams, notCompared, lacked } = await comparable(job, entity, found?.told.from === "kept");
      const upstream = found === null ? openUpstream(job) : upstreamOf(found.records);
      const mappers = openMappers(streams, compileStream);
      try {
        const { result: report, changes } = await rehearse(await database(), { source, limit: LISTED }, (stage) =>
          replay(
            { job: { ...job, streams }, stream: entity },
            {
              upstream,
              versionOf: ({ name }) => versionOf(job, streamOf(job, name)),
              maskOf: (one) => maskOf(job, one),
              sealedUnder: null,
              mapperOf: mappers.mapperOf,
              stage: found === null ? stage : sweepingOnly(found.records, stage),
              log,
              now: () => new Date(),
              expected: () => null,
              tell: onEvent,
              signal,
            },
          ),
        );
        const { entities, rejects, rejectsOmitted, hold, error } = report;
        return {
          source,
          entity,
          records: found === null ? { ...NOT_KEPT, from: "live" } : withAlso(found.told, lacked),
          notCompared,
          ...masked(changes, await jobs.personalIn(source)),
          entities,
          rejects,
          rejectsOmitted,
          held: hold?.evidence ?? [],
          error,
        };
      } finally {
        await Promise.all([upstream.close(), mappers.close()]);
      }
    },
  };
}

interface Found {
  readonly told: ReplayedRecords;
  readonly records: ReplayRecords;
}

const NOT_KEPT = { file: null, run: null, at: null, without: [] } as const;

/** What is taken away by its name is told where the mapping reads it. */
const withAlso = (told: ReplayedRecords, lacked: readonly string[]): ReplayedRecords => ({
  ...told,
  without: [...new Set([...told.without, ...lacked])],
});

/** The records are as they were, so what changes is the mapping's doing. */
function masked(told: RehearsedChanges, isPersonal: IsPersonal): RehearsedChanges {
  const shown = maskChanges(told, isPersonal);
  return {
    ...shown,
    changes: shown.changes.map((change) => (change.cause === "upstream" ? { ...change, cause: "mapping" } : change)),
  };
}
