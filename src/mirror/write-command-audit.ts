import type { ClientBase } from "pg";
import type { ChangeKind } from "../domain/changes";

interface CommandEntry {
  /** Left out where no run did it. */
  readonly run?: number;
  /** RFC 3339; left out for now. */
  readonly at?: string;
  readonly source: string;
  readonly entity: string;
  readonly key: string;
  readonly related?: string;
  readonly scope?: string;
  readonly origin?: string;
  readonly kind: ChangeKind;
  readonly new?: object | null;
  readonly cause: string;
  readonly actor: string;
  readonly reason: string | null;
}

/** Writes audit entries of what a command did, within the transaction that does it. What was done outside a run is of run 0. */
export async function writeCommandAudit(client: ClientBase, entries: readonly CommandEntry[]): Promise<void> {
  if (entries.length === 0) return;
  // The partitions must be there before the statement that writes into them begins.
  const moments = [...new Set(entries.map(({ at }) => at?.slice(0, 7) ?? null))].map((month) => month && `${month}-15`);
  await client.query("select audit.ensure_month(coalesce(at, now())) from unnest($1::timestamptz[]) as entry (at)", [
    moments,
  ]);
  await client.query(
    `insert into audit.entries (at, run, source, entity, key, related, scope, origin, kind, new, cause, actor, reason)
     select coalesce(at, now()), coalesce(run, 0), source, entity, key, coalesce(related, ''), coalesce(scope, ''), coalesce(origin, ''),
            kind, new, cause, actor, reason
     from jsonb_to_recordset($1) as entry (
       at timestamptz, run bigint, source text, entity text, key text, related text, scope text, origin text, kind text, new jsonb,
       cause text, actor text, reason text)`,
    [JSON.stringify(entries)],
  );
}
