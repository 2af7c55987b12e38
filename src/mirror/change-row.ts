import type { Change, ChangeKind } from "../domain/changes";
import type { Into } from "../domain/entities";
import type { JsonObject } from "../domain/json";

/** What a plan, a hold and the audit all keep of a change; of a record `related`, `scope` and `origin` are empty. */
export interface ChangeRow<E extends string = Into> {
  readonly entity: E;
  readonly key: string;
  readonly related: string;
  readonly scope: string;
  readonly origin: string;
  readonly kind: ChangeKind;
  readonly old: JsonObject | null;
  readonly new: JsonObject | null;
  readonly cause: string;
}

/** A change of one of these, or of what else the audit tells of. */
type ChangeOf<E extends string> = Omit<Change, "held" | "entity"> & { readonly entity: E };

export const changeOf = <E extends string>(row: ChangeRow<E>): ChangeOf<E> => ({
  entity: row.entity,
  key: row.key,
  related: row.related === "" ? null : row.related,
  scope: row.scope === "" ? null : row.scope,
  origin: row.origin === "" ? null : row.origin,
  kind: row.kind,
  old: row.old,
  new: row.new,
  cause: row.cause,
});
