import type { Stream } from "../domain/job";
import type { Log } from "../domain/log";
import type { MappingVersion } from "../domain/mapping-version";
import type { RunEvent } from "../domain/run-events";
import type { Upstream } from "../domain/upstream";
import type { Mapper, Stage } from "./ports";
import type { MaskRecord } from "./read/reject-payload";

/** The world as a run sees it. */
export interface RunServices {
  readonly upstream: Upstream;
  readonly mapperOf: (stream: Stream) => Mapper;
  readonly versionOf: (stream: Stream) => MappingVersion;
  /** How the records of rejects are kept. */
  readonly maskOf: (stream: Stream) => MaskRecord;
  readonly stage: Stage;
  readonly log: Log;
  readonly now: () => Date;
  /** Names the secret that passwords are sealed with; null where none are. */
  readonly sealedUnder: string | null;
  /** Live records in the mirror by entity, for progress. */
  readonly expected: (stream: Stream) => number | null;
  readonly tell: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}
