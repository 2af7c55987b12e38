import { Failure } from "../../domain/errors";
import type { Job, Stream } from "../../domain/job";
import type { JsonObject } from "../../domain/json";
import type { MappingTestsAnswer } from "../../domain/mapping-tests";
import type { SampleRequest, TrialAnswer, TrialRequest, TriedRecord } from "../../domain/mapping-trials";
import { markedBy } from "../../domain/personal-data";
import { runTests } from "../../mapping/mapping-tests/run-tests";
import { hidingPasswords } from "../../mapping/trace/hide-passwords";
import { createTraceMask } from "../../mapping/trace/mask-trace";
import { createTracer } from "../../mapping/trace/trace-record";
import { compileAsRun, traceOptionsOf } from "../compile-stream";
import type { Jobs } from "../jobs";
import type { Adapters } from "../open/adapters";
import { streamOf } from "./known-entity";
import { liveRecords, recordOf, type Sampled } from "./live-records";
import { readParent, readRecords } from "./read-records";

/** What authors of mappings ask for. */
export function createMappings({ openUpstream }: Adapters, jobs: Jobs) {
  async function testMappings(targets: readonly string[]): Promise<MappingTestsAnswer> {
    const wanted = targets.map(targetOf);
    const sources = [...new Set(wanted.map(({ source }) => source))];
    const files = [];
    for (const job of await jobs.valid(wanted.length === 0 ? null : sources)) {
      const named = wanted.filter(({ source }) => source === job.source);
      const isWhole = named.length === 0 || named.some(({ entity }) => entity === null);
      const streams = isWhole ? job.streams : named.map(({ entity }) => streamOf(job, entity ?? ""));
      for (const stream of new Set(streams)) {
        const { tests, unreached } = await runTests(stream.mapping, traceOptionsOf(stream), compileAsRun);
        files.push({ source: job.source, entity: stream.name, file: stream.mapping.file, tests, unreached });
      }
    }
    const all = files.flatMap(({ tests }) => tests);
    const passed = all.filter((test) => test.passed).length;
    return { files, passed, failed: all.length - passed };
  }

  async function tryMapping(request: TrialRequest): Promise<TrialAnswer> {
    const { source, entity, sample, limit, signal } = request;
    const isLive = sample.from === "live" || sample.from === "key";
    const job = isLive ? await jobs.load(source) : await onlyJob(source);
    const stream = streamOf(job, entity);
    const tracer = createTracer(stream.mapping, traceOptionsOf(stream), compileAsRun);
    const personal = markedBy(job.streams.map(({ mapping }) => mapping));
    const mask = isLive ? createTraceMask(stream.mapping, traceOptionsOf(stream), personal) : null;
    const hide = hidingPasswords(stream.mapping);
    const records: TriedRecord[] = [];
    let more = false;
    try {
      for await (const { record, parent, it } of samples(job, stream, request)) {
        more = records.length === limit;
        if (more) break;
        signal.throwIfAborted();
        const trace = await tracer.trace(record, parent);
        records.push(
          mask === null
            ? { it, record: hide(record, RECORD), parent: hide(parent, PARENT) as JsonObject | null, ...trace }
            : { it, record: mask.record(record), parent: mask.parent(parent), ...mask.trace(trace) },
        );
      }
    } finally {
      await tracer.close();
    }
    const count = (...outcomes: readonly string[]) =>
      records.filter(({ result }) => outcomes.includes(result.outcome)).length;
    return {
      source,
      entity,
      file: stream.mapping.file,
      from: sample.from,
      masked: isLive,
      records,
      mapped: count("record", "link"),
      rejected: count("rejected"),
      skipped: count("skipped"),
      more,
    };
  }

  async function onlyJob(source: string): Promise<Job> {
    const [job] = await jobs.valid([source]);
    if (job === undefined) throw new Error(`${source} vanished while it was looked at`);
    return job;
  }

  async function* samples(job: Job, stream: Stream, request: TrialRequest): AsyncIterable<Sampled> {
    const { sample, limit, signal } = request;
    if (sample.from === "tests") yield* fromTests(stream);
    else if (sample.from === "file") yield* fromFile(stream, sample);
    else if (sample.from === "live") yield* liveRecords(stream, limit, { job, openUpstream, signal });
    else yield await recordOf(sample.key, stream, { job, openUpstream, signal });
  }

  return { testMappings, tryMapping };
}

const RECORD = { root: "record", names: [] } as const;
const PARENT = { root: "parent", names: [] } as const;

/** SOURCE, SOURCE/ENTITY or a mapping file, as it is written on the command line. */
function targetOf(text: string): { readonly source: string; readonly entity: string | null } {
  const path = text.replaceAll("\\", "/");
  const [, folder, file] = /(?:^|\/)mappings\/([^/]+)\/([^/]+)\.yaml$/.exec(path) ?? [];
  if (folder !== undefined && file !== undefined) return { source: folder, entity: file };
  const [, source, entity = null] = /^([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (source !== undefined && !source.endsWith(".yaml")) return { source, entity };
  throw new Failure("USE001", `\`${text}\` is no mapping`, {
    fix: "name a source, SOURCE/ENTITY or a file such as mappings/acme/users.yaml",
  });
}

const fromTests = ({ mapping }: Stream): readonly Sampled[] =>
  mapping.tests.map(({ it, given, parent = null }) => ({ it, record: given, parent }));

function fromFile({ records }: Stream, sample: Extract<SampleRequest, { from: "file" }>): readonly Sampled[] {
  const parent = sample.parent === null ? null : readParent(sample.parent.name, sample.parent.bytes);
  return readRecords(sample.name, sample.bytes, records).map((record) => ({ it: null, record, parent }));
}
