import type { Job, Stream } from "../domain/job";
import type { Log } from "../domain/log";
import type { KeyVersion, MappingVersion } from "../domain/mapping-version";
import type { QueuedRun, RunReport } from "../domain/runs";
import type { Upstream } from "../domain/upstream";
import type { Mapper, RunStage } from "./ports";
import type { MaskRecord } from "./read/reject-payload";

/** What is done with a stage, and told of it. */
export interface StageSteps {
  /**
   * Called again, with another stage, when the database failed it on the way: it goes on from what was committed.
   * `overtaken` is aborted when another run took over.
   */
  readonly work: (stage: RunStage, overtaken: AbortSignal, expected: ReadonlyMap<string, number>) => Promise<RunReport>;
  /**
   * Hears what went wrong while the source is still held: an unfinished run without a holder would pass for one whose
   * process died.
   */
  readonly failed: (error: unknown) => Promise<unknown>;
  /** The database failed the run, which goes on as soon as that has passed. */
  readonly interrupted: (error: unknown) => void;
}

/** Where runs are kept, and the one place that lets a run at a source. */
interface RunDesk {
  read(run: number): Promise<QueuedRun>;
  /**
   * Claims the source, opens a stage and gives both to `work`; afterwards the source is free again. Throws RUN001, naming the
   * holder, while another run lives, RUN003 for a run that was given up.
   *
   * @param signal ends the waiting for a database that is away
   */
  withStage(run: QueuedRun, steps: StageSteps, signal: AbortSignal): Promise<RunReport>;
  /** Ends a run that wrote nothing. */
  end(report: RunReport): Promise<void>;
  /** The clock that all runs go by, on whichever machine they are worked. */
  clock(): Promise<() => Date>;
}

export interface WorkServices {
  readonly desk: RunDesk;
  /** Reads the files anew; throws `InvalidFiles`. */
  readonly loadJob: (source: string) => Promise<Job>;
  readonly openUpstream: (job: Job, log: Log) => Upstream;
  readonly compile: (stream: Stream) => Mapper;
  /** Reads nothing but a key from the stream's records. */
  readonly keyReader: (stream: Stream, key: KeyVersion) => Mapper;
  readonly versionOf: (job: Job, stream: Stream) => MappingVersion;
  /** How records that cannot be mapped are kept; asked for once a stream and run. */
  readonly maskOf: (job: Job, stream: Stream) => MaskRecord;
  /** Of the secret that passwords are sealed with; asked for where a mapping reads any. */
  readonly sealedUnder: () => Promise<string>;
  /** Failures of the database library become `Failure`s; everything else is passed on. */
  readonly asFailure: (error: unknown) => unknown;
  readonly log: Log;
}
