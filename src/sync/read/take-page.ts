import { isEntity } from "../../domain/entities";
import { Failure } from "../../domain/errors";
import { inParallel } from "../../domain/in-parallel";
import type { Stream } from "../../domain/job";
import { isJsonObject, type JsonObject } from "../../domain/json";
import type { Mapped } from "../../domain/mapping";
import { parseAll } from "../../domain/page-records";
import { type FoldedPage, foldPage } from "./fold-page";
import { LinkWatch } from "./link-watch";
import { maskWhile } from "./reject-payload";
import type { SiftedPage } from "./sift-page";
import { asUpstreamFailure, breakOff, isFeed, isHopeless, type ReadContext, type StreamRead } from "./stream-read";

/** A stream, and the children that are read with the pages of their parents. */
export type StreamAndChildren = readonly [StreamRead, ...StreamRead[]];

/**
 * Parents whose children are read after the last page, by their keys: in a change feed a later page may tell otherwise of them,
 * or that they are gone. Their records are kept for that long as JSON text, which takes half as much memory.
 */
export type AwaitedParents = Map<string, string>;

/**
 * Maps and stages what is to be worked on of a page, and reads the children of its records.
 *
 * @param page from 1
 * @param awaited takes these records, whose children are to be read later; null has them read at once
 */
export async function takePage(
  [read, ...children]: StreamAndChildren,
  sifted: Pick<SiftedPage, "raw" | "met" | "repeated"> & Partial<SiftedPage>,
  page: number,
  context: ReadContext,
  awaited: AwaitedParents | null,
): Promise<FoldedPage> {
  const { stream } = read;
  const mapped = await context.mapperOf(stream).mapPage(sifted.raw, null);
  const mask = maskWhile(read.rejected, context.maskOf(stream));
  const origin = { stream, page, parent: null, isFeed: isFeed(read), keep: context.keepRaw, mask };
  const folded = foldPage(origin, sifted.raw, mapped, sifted);
  await context.stage.add(folded);
  count(read, folded, mapped.length + sifted.met + sifted.repeated);
  if (children.length > 0) {
    const parents = parentsOf(folded, sifted.raw, mapped);
    if (awaited === null) await readChildren(children, parents, context);
    else awaitParents(awaited, folded, parents);
  }
  return folded;
}

/** The latest of a record counts, be it that there is none. */
function awaitParents(awaited: AwaitedParents, { rejects, skips }: FoldedPage, parents: readonly Parent[]): void {
  for (const { key } of [...rejects, ...skips]) awaited.delete(key ?? "");
  for (const { key, record } of parents) awaited.set(key, JSON.stringify(record()));
}

export function readAwaited(
  children: readonly StreamRead[],
  awaited: AwaitedParents,
  context: ReadContext,
): Promise<void> {
  const parents = [...awaited].map(([key, text]) => ({ key, record: () => JSON.parse(text) as JsonObject }));
  return readChildren(children, parents, context);
}

async function readChildren(
  children: readonly StreamRead[],
  parents: readonly Parent[],
  context: ReadContext,
): Promise<void> {
  for (const child of children)
    await inParallel(context.job.http.concurrency, parents, (parent) => readChildrenOf(parent, child, context));
}

interface Parent {
  readonly key: string;
  readonly record: () => JsonObject;
}

/** The page's good records, each once. */
function parentsOf(folded: FoldedPage, raw: readonly unknown[], mapped: readonly Mapped[]): readonly Parent[] {
  const records = new Map(mapped.map((result, index) => [result.outcome === "record" ? result.key : null, raw[index]]));
  return folded.records.flatMap(({ key }) => {
    const record = records.get(key);
    return isJsonObject(record) ? [{ key, record: () => record }] : [];
  });
}

async function readChildrenOf(parent: Parent, read: StreamRead, context: ReadContext): Promise<void> {
  const { stream } = read;
  const mapper = context.mapperOf(stream);
  const { run, upstream, stage, signal } = context;
  const watch = new LinkWatch(stream);
  const record = parent.record();
  let pages = 0;
  try {
    for await (const page of upstream.pages({ stream, parent: record, run, signal })) {
      const raw = parseAll(page.records);
      const mapped = await mapper.mapPage(raw, record);
      read.pages += 1;
      pages += 1;
      read.pagesOfLongest = Math.max(read.pagesOfLongest, pages);
      if (isEntity(stream.into)) read.parentOf.set(read.pages, parent.key);
      const origin = {
        stream,
        page: read.pages,
        parent: { key: parent.key, page: pages },
        keep: context.keepRaw,
        mask: maskWhile(read.rejected, context.maskOf(stream)),
      };
      const folded = foldPage(origin, raw, mapped);
      await stage.add(folded);
      count(read, folded, mapped.length);
      watch.meet(folded, page.records, page.total, pages);
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
    // What is out of reach is so for every parent; what is refused may be one of them.
    if (isHopeless(failure)) throw failure.code === "UPS005" ? ofParent(failure, stream, parent) : failure;
    breakOff(read, ofParent(failure, stream, parent));
    return;
  }
  if (watch.unproven !== null) {
    read.broken ??= `${stream.name} of \`${parent.key}\`: ${watch.unproven}`;
    return;
  }
  // A link that could not be mapped may be any of those the mirror holds, so none of this parent counts as gone. Of records it shows
  // as little which of them came twice.
  if (watch.areAllMapped) await stage.noteParentRead(stream, parent.key);
  else if (isEntity(stream.into)) read.broken ??= `${stream.name} of \`${parent.key}\` could not all be mapped`;
}

function ofParent(failure: Failure, { name }: Stream, { key }: Parent): Failure {
  const { code, message, fix, data, cause } = failure;
  const ask = "if the others answer, ask the upstream's people about this one";
  return new Failure(code, `${name} of \`${key}\`: ${message}`, {
    fix: fix === null ? ask : `${ask}; else ${fix}`,
    data,
    cause,
  });
}

function count(read: StreamRead, { folded, overtaken, rejects, keyless, keylessAt }: FoldedPage, listed: number): void {
  read.received += listed - folded;
  read.overtaken += overtaken;
  read.rejected += rejects.length;
  read.keyless += keyless;
  read.keylessAt ??= keylessAt;
}
