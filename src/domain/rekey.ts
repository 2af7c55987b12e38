/** What passes between a rekey and its stage. */
import type { EntityName } from "./entities";
import type { Stream } from "./job";
import type { KnownMapping, MappingVersion } from "./mapping-version";
import type { RekeySummary, RunReport } from "./runs";

/** The key of one record by the old and by the new expression; null where it gives none. */
export interface KeyPair {
  readonly old: string | null;
  readonly new: string | null;
}

export interface RekeyFacts extends Pick<RekeySummary, "renamed" | "same" | "unmet" | "examples" | "unmetKeys"> {
  /** Why the keys cannot be renamed, with an example; null when one old key stands for one new key everywhere. */
  readonly clash: string | null;
}

export interface RekeyRequest {
  readonly stream: Stream & { readonly into: EntityName };
  /** Names of the streams that are read once for each of its records: it owns their links. */
  readonly children: readonly string[];
  readonly version: MappingVersion;
  readonly known: KnownMapping;
  readonly renamed: number;
  readonly actor: string;
  readonly reason: string | null;
  /** Called last, so that the report tells the time of the commit. */
  readonly report: () => RunReport;
}
