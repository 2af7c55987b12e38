import { isEntity } from "../../domain/entities";
import { Failure } from "../../domain/errors";
import { FULL, type FullPass } from "../../domain/increments";
import type { Stream } from "../../domain/job";
import { type PageChanges, type Position, parseAll } from "../../domain/page-records";
import type { EntityMet, Progress } from "../../domain/staging";
import type { UpstreamPage } from "../../domain/upstream";
import { askRemovals } from "./ask-removals";
import { fallenTotal } from "./fallen-total";
import { LinkWatch } from "./link-watch";
import { CLOCKS_DIFFER, newestOf } from "./marks";
import { orderStreams } from "./order-streams";
import { readAgain } from "./read-again";
import { siftPage } from "./sift-page";
import {
  asUpstreamFailure,
  breakOff,
  isFeed,
  isHopeless,
  newRead,
  type ReadContext,
  type StreamRead,
} from "./stream-read";
import { type AwaitedParents, readAwaited, type StreamAndChildren, takePage } from "./take-page";

/**
 * Reads, maps and stages the given streams, children with the page of their parents, so that no parent's record is kept.
 * What keeps a stream from its end is noted in its `broken` and the next stream is read, unless nothing more is to be had
 * from this upstream (out of reach, or our credentials refused).
 */
export async function readStreams(streams: readonly Stream[], context: ReadContext): Promise<readonly StreamRead[]> {
  const reads = new Map(
    streams.map((stream) => {
      const earlier = context.earlier.get(stream.name)?.counted;
      const pass = earlier?.expired === true ? EXPIRED : (context.passes.get(stream.name) ?? FULL);
      return [stream.name, newRead(stream, earlier, pass)];
    }),
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
    for (const { name } of [stream, ...children]) {
      const { failure = null, received: fetched = 0 } = reads.get(name) ?? {};
      context.tell({ type: "stream", stream: name, state: failure === null ? "finished" : "broken", fetched });
    }
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
  const together = [read, ...children.map((child) => reads.get(child.name) ?? newRead(child))] as const;
  read.known = await context.knownOf(stream, read.pass);
  if (context.earlier.get(stream.name)?.ended !== true) await readList(together, context);
  // Also by a run that goes on from another, which did not remember them.
  if (read.pass.kind === "full" && read.pass.removals !== null) await askRemovals(read, read.pass.removals, context);
}

/** Everything of a stream, or what changed of it, with its children. */
async function readList(together: StreamAndChildren, context: ReadContext): Promise<void> {
  const [read] = together;
  const { stream } = read;
  const earlier = context.earlier.get(stream.name);
  const isIncremental = earlier === undefined && read.pass.kind !== "full";
  const rejectedBefore = isIncremental ? (context.rejectedBefore.get(stream.name) ?? []) : [];
  let left: LeftToRead;
  try {
    left = await readPages(together, context, rejectedBefore);
  } catch (error) {
    // What came before it expired would be met twice.
    if (!(error instanceof Failure && error.code === "UPS022") || read.pages > 0) throw error;
    for (const one of together) Object.assign(one, { expired: true, pass: EXPIRED });
    read.known = await context.knownOf(stream, read.pass);
    left = await readPages(together, context, []);
  }
  const again = await readAgain(stream, [...left.unmet], context);
  read.again += again.length;
  if (again.length > 0) await takePage(together, { ...NOTHING_SIFTED, raw: again }, read.pages + 1, context, null);
  if (left.awaited !== null) await readAwaited(together.slice(1), left.awaited, context);
  for (const each of together) each.readBy = context.run;
  await context.stage.noteProgress(progressOf(together, null, context));
}

/** Nothing of a page is known beforehand. */
const NOTHING_SIFTED = { met: 0, repeated: 0 };

/** What a page tells of the next watermark. */
function noteMark(read: StreamRead, page: UpstreamPage, parsed: readonly unknown[], startedAt: Date): void {
  const { mark, pass, stream } = read;
  const { increments } = stream;
  const { askedAt, deltaLink } = page;
  if (increments === null) return;
  if (increments.kind === "delta") {
    read.mark = { ...mark, link: deltaLink };
    return;
  }
  const isFirst = read.pages === 1;
  // Known records are not parsed. Where there is no former mark, or no clock of the upstream's, all are parsed for their times.
  const asksAll = (pass.kind === "full" && pass.former === null) || (isFirst && askedAt === null);
  const records = increments.field !== null && asksAll ? parseAll(page.records) : parsed;
  // A single record from the future would end the reading of what changed, or hide that the clock of records is behind: by no clock
  // of theirs could it be later. What changes while a long list is read is of no time to come.
  const told = isFirst ? (askedAt ?? startedAt.getTime()) : mark.tellsClock ? askedAt : null;
  const until = told === null ? mark.until : told + CLOCKS_DIFFER;
  const newest = newestOf(increments, records, mark.newest, until);
  const latest = until === null ? null : newestOf(increments, records, mark.beyond);
  const beyond = until !== null && latest !== null && latest > until ? latest : mark.beyond;
  const begunAt = isFirst ? (askedAt ?? newest) : mark.begunAt;
  const tellsClock = isFirst ? askedAt !== null : mark.tellsClock;
  const looked = mark.looked || (increments.field !== null && records.length > 0);
  read.mark = { begunAt, tellsClock, newest, until, beyond, looked, link: null };
}

/** What is to be asked for after the last page. */
interface LeftToRead {
  /** Keys of records that are to be read by themselves. */
  readonly unmet: ReadonlySet<string>;
  /** Of a change feed. */
  readonly awaited: AwaitedParents | null;
}

const EXPIRED: FullPass = { ...FULL, because: "its delta link had expired" };

/**
 * @param rejectedBefore keys of records that are to be read by themselves unless they are met
 */
async function readPages(
  together: StreamAndChildren,
  context: ReadContext,
  rejectedBefore: readonly string[],
): Promise<LeftToRead> {
  const [read] = together;
  const { stream, pass } = read;
  // Parents are not remembered: a run that goes on from this one reads the feed from its beginning.
  const awaited: AwaitedParents | null = isFeed(read) && together.length > 1 ? new Map() : null;
  const { run, upstream, stage, signal } = context;
  const position = context.earlier.get(stream.name)?.position;
  if (position != null) for (const each of together) each.resumed = true;
  const asked = { ...(position == null ? {} : { position }), ...(pass.kind === "full" ? {} : { changes: pass }) };
  const memory = read.known?.pages ?? null;
  const watch = isEntity(stream.into) ? null : new LinkWatch(stream);
  const unmet = new Set(rejectedBefore);
  for await (const page of upstream.pages({ stream, parent: null, run, signal, memory, ...asked })) {
    read.pages += 1;
    read.pagesOfLongest = read.pages;
    const sifted = siftPage(page.records, read.known, read.pages);
    noteMark(read, page, sifted.raw, context.startedAt);
    read.repeated += sifted.repeated;
    read.repeatedAt ??= sifted.repeatedAt;
    read.broken ??= fallenTotal(read.total, page.total, `page ${read.pages}`);
    read.total = page.total ?? read.total;
    read.doubt = page.doubt;
    const folded = await takePage(together, sifted, read.pages, context, awaited);
    watch?.meet(folded, page.records, page.total, read.pages);
    if (unmet.size > 0)
      for (const { key } of [...folded.records, ...folded.rejects, ...folded.skips]) unmet.delete(key ?? "");
    context.tell({
      type: "progress",
      stream: stream.name,
      fetched: read.received,
      expected: read.total ?? (pass.kind === "full" ? context.expected(stream) : null),
      pages: read.pages,
    });
    signal.throwIfAborted();
    if (page.next !== null && awaited === null) await stage.noteProgress(progressOf(together, page.next, context));
  }
  if (watch !== null) await endLinks(read, watch, stage);
  return { unmet, awaited };
}

/**
 * A list of nothing but links is like that of a single parent, who has no key. Of one that was read in two pieces nobody can tell
 * whether a link was moved past both.
 */
async function endLinks(read: StreamRead, watch: LinkWatch, stage: ReadContext["stage"]): Promise<void> {
  read.broken ??= read.resumed ? null : watch.unproven;
  if (read.broken === null && !read.resumed && watch.areAllMapped) await stage.noteParentRead(read.stream, "");
}

/** @param position of the first, where the others are its children; null at its end */
function progressOf(together: readonly StreamRead[], position: Position | null, { upstream }: ReadContext): Progress {
  const [read] = together;
  const streams = together.map(
    (
      { stream, pass: _pass, known: _known, removed: _removed, failure: _failure, parentOf: _parentOf, ...counted },
      index,
    ) => ({
      stream: stream.name,
      ended: position === null,
      counted,
      position: index === 0 ? position : null,
    }),
  );
  return { streams, met: read === undefined ? null : metIn(read), usage: { ...upstream.usage } };
}

/** What was met since this was asked last. */
export const metIn = ({ stream: { into }, known }: StreamRead): EntityMet | null =>
  known === null || !isEntity(into) ? null : { entity: into, chunks: known.takeMet() };

/** What was learned about its pages, by its name. @param whole none was read by an earlier run */
export const pagesIn = ({ stream, known, failure }: StreamRead, whole: boolean): readonly [string, PageChanges][] =>
  known?.pages == null ? [] : [[stream.name, known.pages.changes(whole && failure === null)]];
