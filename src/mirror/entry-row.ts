import type { AuditEntry } from "../domain/changes";
import type { Into } from "../domain/entities";
import { type ChangeRow, changeOf } from "./change-row";

/** A row of `audit.entries`, of whichever entities a query asks for. */
export interface EntryRow<E extends string = Into> extends ChangeRow<E> {
  readonly at: string;
  readonly run: number;
  readonly source: string;
  readonly actor: string;
  readonly reason: string | null;
}

export const entryOf = <E extends string>(row: EntryRow<E>): Omit<AuditEntry, "entity"> & { readonly entity: E } => ({
  at: row.at,
  run: row.run,
  source: row.source,
  ...changeOf(row),
  actor: row.actor,
  reason: row.reason,
});
