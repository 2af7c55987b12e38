/** Erasing a person: all that is kept of them goes, and the audit says that it went. */
import type { Trigger } from "./runs";

export interface ErasureRequest {
  readonly source: string;
  /** The customer's key of somebody who is gone. */
  readonly key: string;
  /** How many entries of the audit a person saw that this takes; null only looks. */
  readonly expect: number | null;
  /** Its reason is kept, and names nobody. */
  readonly trigger: Trigger;
}

/** Names nobody: it may be kept. */
export interface ErasureAnswer {
  readonly source: string;
  /** Entries of the audit that tell of the person. */
  readonly entries: number;
  /** Other rows about the person by table, those without any left out. */
  readonly rows: Readonly<Record<string, number>>;
  /** Texts about others as well, such as reports of runs, that name the person: there the names alone go. */
  readonly texts: number;
  /** What stays although it names the person, by table: what is told of others is theirs, or the audit's. */
  readonly named: Readonly<Record<string, number>>;
  /** The entry of the audit that says who erased, when and why; null when nothing was erased. */
  readonly erasure: number | null;
}
