import { isEntity } from "../domain/entities";
import type { Job, Stream } from "../domain/job";
import { isJsonObject, type Json, type JsonObject } from "../domain/json";
import { DIGEST_BYTES } from "../domain/page-records";
import { EVERYTHING, NO_RUN, type RunReport } from "../domain/runs";
import type { Upstream } from "../domain/upstream";
import type { Stage } from "./ports";
import type { RunServices } from "./run-services";
import { runSync } from "./run-sync";

/** Records that are there already, as a replay asks for them. */
export interface ReplayRecords {
  /** Of a stream, few at a time; `parent` is the key of the parent's record, null for streams without parents. */
  pages(
    stream: Stream,
    parent: string | null,
  ): AsyncIterable<readonly { readonly key: string | null; readonly record: Json }[]>;
  /** Whether all that the mirror holds of a parent's children came from records that are there. */
  covers(stream: Stream, parent: string): Promise<boolean>;
}

/** The actor of a replay is kept nowhere. */
const TRIGGER = { kind: "cli", by: "replay", reason: null } as const;

/**
 * The plan that a run over these records would make: the very steps of a run, up to where it would store its plan. Being absent
 * means nothing here, for records that are there already are never said to be all of them; only links of a parent all of whose
 * children are there may be revoked.
 *
 * @param stream with its parents or children
 */
export function replay(
  { job, stream }: { readonly job: Job; readonly stream: string },
  services: RunServices,
): Promise<RunReport> {
  const request = {
    run: NO_RUN,
    job: { ...job, streams: job.streams.map(withoutAbsences) },
    options: { mode: "plan", ...EVERYTHING, only: [stream], full: true },
    trigger: TRIGGER,
    startedAt: services.now(),
  } as const;
  return runSync(request, services);
}

function withoutAbsences(stream: Stream): Stream {
  const { absence } = stream.deletes;
  const isSwept = !isEntity(stream.into) && absence !== "never";
  return {
    ...stream,
    one: null,
    increments: null,
    deletes: { ...stream.deletes, absence: isSwept ? "sweep-within-parent" : "never" },
  };
}

/** Records that are there already in the place of the customer's system. */
export function upstreamOf(records: ReplayRecords): Upstream {
  const keys = new WeakMap<JsonObject, string>();
  return {
    async *pages({ stream, parent }) {
      const parentKey = parent === null ? null : keys.get(parent);
      if (parentKey === undefined) return;
      let number = 0;
      for await (const rows of records.pages(stream, parentKey)) {
        for (const { key, record } of rows) if (key !== null && isJsonObject(record)) keys.set(record, key);
        number += 1;
        const values = rows.map(({ record }) => record);
        const parse = (begin: number, end: number) => values.slice(begin, end);
        // Each record is kept once, under its name, which alone tells it from others: their digests may all be the same.
        const records = { length: rows.length, digests: () => Buffer.alloc(rows.length * DIGEST_BYTES), parse };
        yield { number, records, total: null, next: null, askedAt: null, deltaLink: null, doubt: null };
      }
    },
    async one() {
      throw new Error("a replay reads no record alone");
    },
    usage: { requests: 0, bytes: 0 },
    async close() {},
  };
}

/** A stage to which a parent counts as read only if all its children are there. */
export const sweepingOnly = (records: ReplayRecords, stage: Stage): Stage => ({
  ...stage,
  async noteParentRead(stream, parent) {
    if (await records.covers(stream, parent)) await stage.noteParentRead(stream, parent);
  },
});
