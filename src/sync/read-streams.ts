import { isEntity } from "../domain/entities";
import type { Code } from "../domain/error-codes";
import { Failure } from "../domain/errors";
import type { Job, KeepRaw, Stream } from "../domain/job";
import { isJsonObject, type JsonObject } from "../domain/json";
import type { Log } from "../domain/log";
import type { Mapped } from "../domain/mapping";
import { type Position, parseAll } from "../domain/page-records";
import type { RunEvent } from "../domain/runs";
import type { EntityMet, PageChanges, Progress, StreamCounts, StreamState } from "../domain/staging";
import { fallenTotal } from "./fallen-total";
import { type FoldedPage, foldPage } from "./fold-page";
import { inParallel } from "./in-parallel";
import type { KnownRecords } from "./known-records";
import { LinkWatch } from "./link-watch";
import { orderStreams } from "./order-streams";
import type { Mapper, Stage, Upstream } from "./ports";
import { type MaskRecord, maskWhile } from "./reject-payload";
import { siftPage } from "./sift-page";

/** What one stream's enumeration gave, and whether it provably reached its end. */
export interface StreamRead extends StreamCounts {
  readonly stream: Stream;
  /** What the mirror holds of it; null where every record is parsed. */
  known: KnownRecords | null;
  failure: Failure | null;
}

export interface ReadContext {
  readonly job: Job;
  /** The job's, where what is read may be kept. */
  readonly keepRaw: KeepRaw | null;
  readonly run: number;
  readonly upstream: Upstream;
  readonly mapperOf: (stream: Stream) => Mapper;
  /** What the mirror holds of a stream as the upstream sent it last. Null: every record is to be parsed. */
  readonly knownOf: (stream: Stream) => Promise<KnownRecords | null>;
  /** How records of rejects are kept. */
  readonly maskOf: (stream: Stream) => MaskRecord;
  readonly stage: Stage;
  /** By name: the streams that an interrupted run has begun to read, which are gone on with. */
  readonly earlier: ReadonlyMap<string, StreamState>;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly expected: (stream: Stream) => number | null;
  readonly tell: (event: RunEvent) => void;
}

/**
 * Reads, maps and stages the given streams, children with the page of their parents, so that no parent's record is kept.
 * What keeps a stream from its end is noted in its `broken` and the next stream is read, unless nothing more is to be had
 * from this upstream (out of reach, or our credentials refused).
 */
export async function readStreams(streams: readonly Stream[], context: ReadContext): Promise<readonly StreamRead[]> {
  const reads = new Map(
    streams.map((stream) => [stream.name, newRead(stream, context.earlier.get(stream.name)?.counted)]),
  );
  let hopeless: Failure | null = null;
  for (const stream of orderStreams(streams)) {
    const read = reads.get(stream.name);
    if (read === undefined || stream.each !== null) continue;
    const children = streams.filter((child) => child.each === stream.name);
    if (hopeless !== null) {
      for (const lost of [stream, ...children]) breakOff(reads.get(lost.name), hopeless);
      continue;
    }
    context.tell({ type: "stream", stream: stream.name, state: "started" });
    try {
      await readStream(stream, children, reads, context);
    } catch (error) {
      const failure = asUpstreamFailure(error);
      context.log.warn("enumeration broke off", { stream: stream.name, code: failure.code, reason: failure.message });
      for (const lost of [stream, ...children]) breakOff(reads.get(lost.name), failure);
      if (isHopeless(failure)) hopeless = failure;
    }
    for (const done of [stream, ...children]) context.tell({ type: "stream", stream: done.name, state: "finished" });
  }
  return [...reads.values()];
}

async function readStream(
  stream: Stream,
  children: readonly Stream[],
  reads: ReadonlyMap<string, StreamRead>,
  context: ReadContext,
): Promise<void> {
  const read = reads.get(stream.name) ?? newRead(stream);
  const mapper = context.mapperOf(stream);
  const { job, run, upstream, stage, signal } = context;
  const together = [read, ...children.map((child) => reads.get(child.name) ?? newRead(child))];
  const earlier = context.earlier.get(stream.name);
  read.known = await context.knownOf(stream);
  if (earlier?.ended === true) return;
  const from = earlier?.position == null ? {} : { from: earlier.position };
  if (earlier?.position != null) for (const each of together) each.resumed = true;
  const memory = read.known?.pages ?? null;
  for await (const page of upstream.pages({ stream, parent: null, run, signal, memory, ...from })) {
    read.pages += 1;
    const sifted = siftPage(page.records, read.known, read.pages);
    const mapped = await mapper.mapPage(sifted.raw, null);
    const mask = maskWhile(read.rejected, context.maskOf(stream));
    const origin = { stream, page: read.pages, parent: null, keep: context.keepRaw, mask };
    const folded = foldPage(origin, sifted.raw, mapped, sifted);
    await stage.add(folded);
    count(read, folded, mapped.length + sifted.met + sifted.repeated);
    read.repeated += sifted.repeated;
    read.repeatedAt ??= sifted.repeatedAt;
    read.broken ??= fallenTotal(read.total, page.total, `page ${read.pages}`);
    read.total = page.total ?? read.total;
    context.tell({
      type: "progress",
      stream: stream.name,
      fetched: read.received,
      expected: read.total ?? context.expected(stream),
      pages: read.pages,
    });
    if (children.length > 0) {
      const parents = parentsOf(folded, sifted.raw, mapped);
      for (const child of children)
        await inParallel(job.http.concurrency, parents, (parent) => readChildren(child, parent, reads, context));
    }
    signal.throwIfAborted();
    if (page.after !== null) await stage.reached(progressOf(together, page.after, context));
  }
  await stage.reached(progressOf(together, null, context));
}

/** @param position of the first, where the others are its children; null at its end */
function progressOf(together: readonly StreamRead[], position: Position | null, { upstream }: ReadContext): Progress {
  const [read] = together;
  const streams = together.map(({ stream, known: _known, failure: _failure, ...counted }, index) => ({
    ...{ stream: stream.name, ended: position === null, counted },
    position: index === 0 ? position : null,
  }));
  return { streams, met: read === undefined ? null : metIn(read), usage: { ...upstream.usage } };
}

/** What was met since this was asked last. */
export const metIn = ({ stream: { into }, known }: StreamRead): EntityMet | null =>
  known === null || !isEntity(into) ? null : { entity: into, chunks: known.takeMet() };

/** What was learned about its pages, by its name. @param whole none was read by an earlier run */
export const pagesIn = ({ stream, known, failure }: StreamRead, whole: boolean): readonly [string, PageChanges][] =>
  known?.pages == null ? [] : [[stream.name, known.pages.changes(whole && failure === null)]];

interface Parent {
  readonly key: string;
  readonly record: JsonObject;
}

/** The page's good records, each once. */
function parentsOf(folded: FoldedPage, raw: readonly unknown[], mapped: readonly Mapped[]): readonly Parent[] {
  const records = new Map(mapped.map((result, index) => [result.outcome === "record" ? result.key : null, raw[index]]));
  return folded.records.flatMap(({ key }) => {
    const record = records.get(key);
    return isJsonObject(record) ? [{ key, record }] : [];
  });
}

async function readChildren(
  stream: Stream,
  parent: Parent,
  reads: ReadonlyMap<string, StreamRead>,
  context: ReadContext,
): Promise<void> {
  const read = reads.get(stream.name) ?? newRead(stream);
  const mapper = context.mapperOf(stream);
  const { run, upstream, stage, signal } = context;
  const watch = new LinkWatch();
  let pages = 0;
  let rejected = 0;
  /** What came besides links. */
  let others = 0;
  let total: number | null = null;
  let unproven: string | null = null;
  try {
    for await (const page of upstream.pages({ stream, parent: parent.record, run, signal })) {
      const raw = parseAll(page.records);
      const mapped = await mapper.mapPage(raw, parent.record);
      read.pages += 1;
      pages += 1;
      const origin = {
        ...{ stream, page: read.pages, parent: { key: parent.key, page: pages }, keep: context.keepRaw },
        mask: maskWhile(read.rejected, context.maskOf(stream)),
      };
      const folded = foldPage(origin, raw, mapped);
      await stage.add(folded);
      rejected += folded.rejects.length;
      others += mapped.length - folded.folded - folded.links.length;
      count(read, folded, mapped.length);
      unproven ??= watch.meet(folded.links, pages) ?? fallenTotal(total, page.total, `page ${pages}`);
      total = page.total ?? total;
      context.tell({
        type: "progress",
        stream: stream.name,
        fetched: read.received,
        expected: null,
        pages: read.pages,
      });
    }
  } catch (error) {
    const failure = asUpstreamFailure(error);
    if (isHopeless(failure)) throw failure;
    breakOff(read, failure);
    return;
  }
  const listed = watch.distinct + others;
  if (total !== null && total !== listed) unproven ??= `${total} were declared and ${listed} listed`;
  if (unproven !== null) {
    read.broken ??= `${stream.name} of \`${parent.key}\`: ${unproven}`;
    return;
  }
  // A child that could not be mapped may be any of those the mirror holds, so nothing of this parent counts as gone.
  if (rejected === 0) await stage.parentRead(stream, parent.key);
  else read.broken ??= `${stream.name} of \`${parent.key}\` could not all be mapped`;
}

/** @param counted what was counted until an interruption */
export const newRead = (stream: Stream, counted: Partial<StreamCounts> = {}): StreamRead => ({
  stream,
  known: null,
  received: 0,
  pages: 0,
  repeated: 0,
  repeatedAt: null,
  total: null,
  rejected: 0,
  keyless: 0,
  keylessAt: null,
  resumed: false,
  broken: null,
  failure: null,
  ...counted,
});

function count(read: StreamRead, { folded, rejects, keyless, keylessAt }: FoldedPage, listed: number): void {
  read.received += listed - folded;
  read.rejected += rejects.length;
  read.keyless += keyless;
  read.keylessAt ??= keylessAt;
}

function breakOff(read: StreamRead | undefined, failure: Failure): void {
  if (read === undefined) return;
  read.failure ??= failure;
  read.broken ??= failure.message;
}

/** Only trouble with the upstream is survived by a run; everything else ends it. */
function asUpstreamFailure(error: unknown): Failure {
  if (error instanceof Failure && error.code.startsWith("UPS")) return error;
  throw error;
}

/** Out of reach, or it will not talk to us: asking for the next stream would only make it worse. */
const HOPELESS: ReadonlySet<Code> = new Set([
  "UPS001",
  "UPS002",
  "UPS003",
  "UPS004",
  "UPS005",
  "UPS006",
  "UPS007",
  "UPS017",
]);

export const isHopeless = (failure: Failure): boolean => HOPELESS.has(failure.code);
