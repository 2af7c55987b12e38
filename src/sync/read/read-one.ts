import type { Stream } from "../../domain/job";
import { keyOf, type Mapped } from "../../domain/mapping";
import { parseAll } from "../../domain/page-records";
import type { Upstream } from "../../domain/upstream";
import type { Mapper } from "../ports";

/** A record that came by itself. Whether it is the one that was asked for, its key tells. */
export interface SingleRecord {
  readonly record: unknown;
  readonly mapped: Mapped;
  /** Null where it could not be read. */
  readonly key: string | null;
}

interface Reading {
  readonly upstream: Upstream;
  readonly mapper: Mapper;
  readonly run: number;
  readonly signal: AbortSignal;
}

/** Reads one record through `one:`; null where the upstream says that there is none. */
export async function readOne(
  stream: Stream,
  key: string,
  { upstream, mapper, run, signal }: Reading,
): Promise<SingleRecord | null> {
  const answer = await upstream.one({ stream, key, run, signal });
  return answer.found ? mapOne(answer.record, mapper) : null;
}

/** Finds one record through `one:` or, where the job has none, by reading the list up to it. */
export async function findRecord(stream: Stream, key: string, reading: Reading): Promise<SingleRecord | null> {
  if (stream.one !== null) return readOne(stream, key, reading);
  const { upstream, mapper, run, signal } = reading;
  for await (const page of upstream.pages({ stream, parent: null, run, signal })) {
    for (const record of parseAll(page.records)) {
      const single = await mapOne(record, mapper);
      if (single.key === key) return single;
    }
    signal.throwIfAborted();
  }
  return null;
}

async function mapOne(record: unknown, mapper: Mapper): Promise<SingleRecord> {
  const [mapped] = await mapper.mapPage([record], null);
  if (mapped === undefined) throw new Error("a mapper gave no result for a record");
  return { record, mapped, key: keyOf(mapped) };
}
