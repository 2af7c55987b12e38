import type { Knex } from "knex";
import type { AuditEntry, ChangeKind } from "../domain/changes";
import { type Into, isEntity } from "../domain/entities";
import type { JsonObject } from "../domain/json";

interface EntryRow {
  readonly at: string;
  readonly run: number;
  readonly source: string;
  readonly entity: Into;
  readonly key: string;
  readonly related: string;
  readonly scope: string;
  readonly kind: ChangeKind;
  readonly old: JsonObject | null;
  readonly new: JsonObject | null;
  readonly cause: string;
  readonly actor: string;
  readonly reason: string | null;
}

/** Reads what was written about changes; writing is part of applying them. */
export class AuditStore {
  constructor(private readonly knex: Knex) {}

  /** Everything that happened to one person and to what they hold, oldest first. */
  async ofUser(source: string, key: string): Promise<readonly AuditEntry[]> {
    const rows: EntryRow[] = await this.knex("audit.entries")
      .where({ source, key })
      .whereIn("entity", ["users", "user_roles", "user_orgs"])
      .orderBy(["at", "id"]);
    return rows.map((row) => ({
      at: row.at,
      run: row.run,
      source: row.source,
      entity: row.entity,
      key: row.key,
      related: isEntity(row.entity) ? null : row.related,
      scope: row.scope === "" ? null : row.scope,
      kind: row.kind,
      old: row.old,
      new: row.new,
      cause: row.cause,
      actor: row.actor,
      reason: row.reason,
    }));
  }
}
