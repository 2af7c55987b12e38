import type { EntityName, Into } from "./entities";
import type { Problem } from "./errors";

/** `sure`: the document says so. `likely`: names and types fit. `guess`: a person must look. */
export type Sureness = "sure" | "likely" | "guess";

export interface InitRequest {
  /** Name of the new source. */
  readonly source: string;
  /** The document as the person named it; relative to `cwd`. */
  readonly document: string;
  readonly cwd: string;
  /** By entity: an operation named by hand, or `none` to leave the entity out. */
  readonly operations: Readonly<Partial<Record<EntityName, string>>>;
  readonly force: boolean;
  /** Write nothing, only tell. */
  readonly dryRun: boolean;
}

/** A drafted stream, for people. */
export interface InitStream {
  readonly name: string;
  readonly into: Into;
  /** The operation as the job names it. */
  readonly get: string;
  readonly sureness: Sureness;
  /** Fields that were filled, and fields of ours that nothing was found for. */
  readonly fields: readonly string[];
  readonly missing: readonly string[];
}

export interface InitAnswer {
  readonly source: string;
  /** The document as the job names it. */
  readonly openapi: string;
  /** Relative to the folder worked in. */
  readonly files: readonly { readonly path: string; readonly content: string }[];
  readonly written: boolean;
  readonly streams: readonly InitStream[];
  /** What a person should look at. */
  readonly remarks: readonly { readonly about: string; readonly sureness: Sureness; readonly text: string }[];
  /** Variables to set in `.env` or the environment. */
  readonly variables: readonly { readonly name: string; readonly meaning: string }[];
  /** What `check` says of the new files; empty when nothing was written. */
  readonly problems: readonly Problem[];
}
