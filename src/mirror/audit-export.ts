import type { ClientBase } from "pg";
import type { ExportRequest } from "../domain/app";
import type { ExportedEntry } from "../domain/audit";
import { Failure } from "../domain/errors";
import type { Database } from "./database";
import { type EntryRow, entryOf } from "./entry-row";
import { readByCursor } from "./read-by-cursor";
import { inTransaction } from "./transaction";

/** So many entries are in memory at once. */
const BATCH = 1_000;

/**
 * All of it is of one moment, though a run may write meanwhile. The reader may take its time, but not for ever: what is
 * deleted or changed meanwhile, anywhere in the database, takes its room until the end.
 */
const BEGIN = `set transaction isolation level repeatable read, read only;
  set local idle_in_transaction_session_timeout = '1h'`;

/** One for each month, so that no more than a month is sorted at once. */
const PARTITIONS = `
  select part::text as partition from audit.parts()
  where ends > coalesce($1::timestamptz, '-infinity') and begins < coalesce($2::timestamptz, 'infinity')
  order by begins`;

/** Reading the table as a whole would keep a run from adding a month to it until the end. */
const entriesIn = (partition: string): string => `
  select id, at, run, source, entity, key, related, scope, origin, owner, kind, old, new, cause, actor, reason
  from ${partition}
  where at >= coalesce($1::timestamptz, '-infinity') and at < coalesce($2::timestamptz, 'infinity') and ($3::text is null or source = $3)
  order by at, id`;

type Row = EntryRow<string> & Pick<ExportedEntry, "id" | "owner">;

/** Reads the whole audit, or a stretch of it, without ever holding much of it. */
export class AuditExport {
  constructor(private readonly database: Database) {}

  /**
   * Gives every entry to `take`, oldest first.
   *
   * @returns the moment they are of, and whether all of them were taken
   * @throws Failure RUN004 when it is interrupted
   */
  async read({
    source,
    since,
    until,
    take,
    signal,
  }: ExportRequest): Promise<{ asOf: string; auditSince: string | null; whole: boolean }> {
    return this.database.withClient(async (client) => {
      // A snapshot of before a month went would see neither what was dropped nor what is left of it. Who drops one holds this to the end.
      await client.query("select pg_advisory_lock_shared(hashtext('audit.seals'))");
      return inTransaction(client, async () => {
        const partitions = await beginWith(client, since, until);
        await client.query("select pg_advisory_unlock_shared(hashtext('audit.seals'))");
        const { rows } = await client.query<{ asOf: string; auditSince: string | null }>(
          'select now() as "asOf", audit.kept_since() as "auditSince"',
        );
        const { asOf = "", auditSince = null } = rows[0] ?? {};
        for (const partition of partitions) {
          const parameters = [since, until, source];
          for await (const rows of readByCursor<Row>(client, entriesIn(partition), parameters, BATCH)) {
            const entries = rows.map((row) => ({ id: row.id, ...entryOf(row), owner: row.owner }));
            if (signal.aborted) throw new Failure("RUN004", "interrupted; what was exported is not all of it");
            if (!(await take(entries))) return { asOf, auditSince, whole: false };
          }
        }
        return { asOf, auditSince, whole: true };
      });
    });
  }
}

/** @returns what of the audit is to be read, none of which can be dropped any more */
async function beginWith(client: ClientBase, since: string | null, until: string | null): Promise<readonly string[]> {
  await client.query(BEGIN);
  const { rows } = await client.query<{ partition: string }>(PARTITIONS, [since, until]);
  const partitions = rows.map(({ partition }) => partition);
  if (partitions.length > 0) await client.query(`lock table ${partitions.join(", ")} in access share mode`);
  return partitions;
}
