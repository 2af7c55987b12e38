import type { Change, ChangeKind } from "../domain/changes";
import { type Into, isEntity } from "../domain/entities";
import type { JsonObject } from "../domain/json";

/** What a plan, a hold and the audit all keep of a change; of a record `related`, `scope` and `origin` are empty. */
export interface ChangeRow {
  readonly entity: Into;
  readonly key: string;
  readonly related: string;
  readonly scope: string;
  readonly origin: string;
  readonly kind: ChangeKind;
  readonly old: JsonObject | null;
  readonly new: JsonObject | null;
  readonly cause: string;
}

export const changeOf = (row: ChangeRow): Omit<Change, "held"> => ({
  entity: row.entity,
  key: row.key,
  related: isEntity(row.entity) ? null : row.related,
  scope: row.scope === "" ? null : row.scope,
  origin: row.origin === "" ? null : row.origin,
  kind: row.kind,
  old: row.old,
  new: row.new,
  cause: row.cause,
});
