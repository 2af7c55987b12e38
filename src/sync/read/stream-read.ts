import type { Code } from "../../domain/error-codes";
import { Failure } from "../../domain/errors";
import { FULL, type Pass } from "../../domain/increments";
import type { Job, KeepRaw, Stream } from "../../domain/job";
import type { Log } from "../../domain/log";
import type { RunEvent } from "../../domain/run-events";
import type { StreamCounts, StreamState } from "../../domain/staging";
import type { Upstream } from "../../domain/upstream";
import type { Mapper, ReadingStage } from "../ports";
import type { KnownRecords } from "../state/known-records";
import { NO_MARK } from "./marks";
import type { MaskRecord } from "./reject-payload";

/** What one stream's enumeration gave, and whether it provably reached its end. */
export interface StreamRead extends StreamCounts {
  readonly stream: Stream;
  /** Of a child stream that of its parents. */
  pass: Pass;
  /** What the mirror holds of it; null where every record is parsed. */
  known: KnownRecords | null;
  /** Keys of records that a change feed told to be removed, asked beside the list; null where it cannot tell any more. */
  removed: readonly string[] | null;
  /** Of a child stream of records, by page: the parent that was asked. */
  readonly parentOf: Map<number, string>;
  failure: Failure | null;
}

export interface ReadContext {
  readonly job: Job;
  /** The job's, where what is read may be kept. */
  readonly keepRaw: KeepRaw | null;
  readonly run: number;
  readonly startedAt: Date;
  readonly upstream: Upstream;
  readonly mapperOf: (stream: Stream) => Mapper;
  /** What the mirror holds of a stream as the upstream sent it last. Null: every record is to be parsed. */
  readonly knownOf: (stream: Stream, pass: Pass) => Promise<KnownRecords | null>;
  /** By stream; those left out are read in full. */
  readonly passes: ReadonlyMap<string, Pass>;
  /** Keys of records that earlier runs rejected, by stream. */
  readonly rejectedBefore: ReadonlyMap<string, readonly string[]>;
  /** How records of rejects are kept. */
  readonly maskOf: (stream: Stream) => MaskRecord;
  readonly stage: ReadingStage;
  /** By name: the streams that an interrupted run has begun to read, which are resumed. */
  readonly earlier: ReadonlyMap<string, StreamState>;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly expected: (stream: Stream) => number | null;
  readonly tell: (event: RunEvent) => void;
}

/** @param counted what was counted until an interruption */
export const newRead = (stream: Stream, counted: Partial<StreamCounts> = {}, pass: Pass = FULL): StreamRead => ({
  stream,
  pass,
  known: null,
  removed: [],
  parentOf: new Map(),
  received: 0,
  pages: 0,
  pagesOfLongest: 0,
  repeated: 0,
  repeatedAt: null,
  overtaken: 0,
  total: null,
  rejected: 0,
  keyless: 0,
  keylessAt: null,
  resumed: false,
  readBy: null,
  doubt: null,
  broken: null,
  expired: false,
  again: 0,
  mark: NO_MARK,
  failure: null,
  ...counted,
});

/**
 * Whether its records are changes in the order in which they happened: then what comes later of one is how it is. In a list, and in
 * the children of one parent, every record stands once, and nobody can tell which of two is true.
 */
export const isFeed = ({ stream, pass }: Pick<StreamRead, "stream" | "pass">): boolean =>
  pass.kind === "delta" && stream.each === null;

export function breakOff(read: StreamRead | undefined, failure: Failure): void {
  if (read === undefined) return;
  read.failure ??= failure;
  read.broken ??= failure.message;
}

/** Only trouble with the upstream is survived by a run; everything else ends it. */
export const isUpstreamFailure = (error: unknown): error is Failure =>
  error instanceof Failure && error.code.startsWith("UPS");

export function asUpstreamFailure(error: unknown): Failure {
  if (isUpstreamFailure(error)) return error;
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
