import type { Into } from "./entities";
import type { JsonObject } from "./json";

export type ChangeKind = "create" | "update" | "restore" | "tombstone" | "grant" | "revoke";

/**
 * One change of the mirror. `old` and `new` hold only the fields that changed.
 * For links `key` is the left end, `related` the right end and `scope` a role's org; for records both are null.
 */
export interface Change {
  readonly entity: Into;
  readonly key: string;
  readonly related: string | null;
  readonly scope: string | null;
  /** Who states a link: a list field as `stream.field`, a child stream by its name. Null of a record. */
  readonly origin: string | null;
  readonly kind: ChangeKind;
  readonly old: JsonObject | null;
  readonly new: JsonObject | null;
  /**
   * Why: `upstream`, or `mapping` when the customer's system did not change it and an edit of the mapping did; `absent`,
   * `deleted`, `skipped`; `rejected` of a person whose record cannot be mapped but says that they may not sign in; `conflict` of what landed in this very run; `end-returned`, `end-gone` of links; `rekey` of a renamed
   * key; `reverted` by a person who undid a run; `retired` of a whole source.
   */
  readonly cause: string;
  readonly held: boolean;
}

/** An audit row as shown to people. */
export interface AuditEntry extends Omit<Change, "held"> {
  readonly at: string;
  readonly run: number;
  readonly source: string;
  readonly actor: string;
  readonly reason: string | null;
}
