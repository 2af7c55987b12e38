import { Failure } from "../../domain/errors";
import type { Job, Stream } from "../../domain/job";
import { isJsonObject, type Json, type JsonObject } from "../../domain/json";
import { parseAll } from "../../domain/page-records";
import { NO_RUN } from "../../domain/runs";
import type { Upstream } from "../../domain/upstream";
import { findRecord } from "../../sync/read/read-one";
import { compileWithLimits } from "../compile-stream";
import type { Adapters } from "../open/adapters";

/** A record to try a mapping on. */
export interface Sampled {
  readonly record: Json;
  /** The parent's record, for child streams. */
  readonly parent: JsonObject | null;
  /** The name of the test it stands in. */
  readonly it: string | null;
}

interface LiveServices {
  readonly job: Job;
  readonly openUpstream: Adapters["openUpstream"];
  readonly signal: AbortSignal;
}

type LiveContext = Omit<LiveServices, "openUpstream"> & { readonly upstream: Upstream };

/** A stream's records in the order of the upstream, for children those of the first so many parents. */
export async function* liveRecords(
  stream: Stream,
  parents: number,
  { job, openUpstream, signal }: LiveServices,
): AsyncIterable<Sampled> {
  const upstream = openUpstream(job);
  const context = { job, upstream, signal };
  try {
    if (stream.each === null) yield* recordsUnder(null, stream, context);
    else {
      for await (const parent of parentsOf(stream, parents, context)) yield* recordsUnder(parent, stream, context);
    }
  } finally {
    await upstream.close();
  }
}

async function* recordsUnder(
  parent: JsonObject | null,
  stream: Stream,
  { upstream, signal }: LiveContext,
): AsyncIterable<Sampled> {
  for await (const page of upstream.pages({ stream, parent, run: NO_RUN, signal })) {
    for (const record of parseAll(page.records)) yield { record: record as Json, parent, it: null };
    signal.throwIfAborted();
  }
}

/** As in a run, only those that can be mapped are asked for their children. */
async function* parentsOf(child: Stream, limit: number, context: LiveContext): AsyncIterable<JsonObject> {
  const stream = context.job.streams.find(({ name }) => name === child.each);
  if (stream === undefined) return;
  const mapper = await compileWithLimits(stream);
  let found = 0;
  try {
    for await (const { record } of recordsUnder(null, stream, context)) {
      const [mapped] = await mapper.mapPage([record], null);
      if (mapped?.outcome !== "record" || !isJsonObject(record)) continue;
      yield record;
      found += 1;
      if (found === limit) return;
    }
  } finally {
    await mapper.close();
  }
}

/**
 * One record by its key, through `one:` or, where the job has none, out of the list.
 *
 * @throws Failure UPS020 or UPS021, as a run for one person would
 */
export async function recordOf(
  key: string,
  stream: Stream,
  { job, openUpstream, signal }: LiveServices,
): Promise<Sampled> {
  if (stream.mapping.key === null || stream.each !== null) {
    throw new Failure(
      "USE001",
      `\`${stream.name}\` cannot be asked for by key: its records have none, or belong to a parent`,
      {
        fix: "try its first records instead: --live",
      },
    );
  }
  const mapper = await compileWithLimits(stream);
  const upstream = openUpstream(job);
  try {
    const found = await findRecord(stream, key, { upstream, mapper, run: NO_RUN, signal });
    if (found === null)
      throw new Failure("UPS021", `the upstream has no record of \`${stream.name}\` with the key \`${key}\``, {
        fix: "keys are compared to the letter; see some with --live",
      });
    // A record whose key cannot be read is shown, with the reason.
    if (found.key !== key && found.key !== null)
      throw new Failure("UPS020", `asked for \`${key}\`, the upstream answered with another record`, {
        fix: `check \`one:\` and \`key:\` of \`${stream.name}\`: the key must be what \`{key}\` asks for`,
      });
    return { record: found.record as Json, parent: null, it: null };
  } finally {
    await Promise.all([upstream.close(), mapper.close()]);
  }
}
