import type { ClientBase } from "pg";
import type { Trigger } from "../../domain/runs";
import { writeCommandAudit } from "../write-command-audit";

interface Subject {
  readonly source: string;
  readonly key: string;
}

/** `$1` is the source, `$2` the key that the person has now. */
const LOOK = `
  select coalesce(range_agg(int8range(id, id, '[]')), '{}')::text as ids, count(*) as count,
         coalesce(max(id) <= (select coalesce(max(last_entry), 0) from audit.seals), true) as "areSealed"
  from audit.told_of_person($1, $2)`;

/** Entries by their ids, as a multirange of Postgres. */
export interface Entries {
  readonly ids: string;
  readonly count: number;
  readonly areSealed: boolean;
}

export async function entriesOf(client: ClientBase, { source, key }: Subject): Promise<Entries> {
  const { rows } = await client.query<Entries>(LOOK, [source, key]);
  return rows[0] as Entries;
}

/**
 * Takes away what the audit tells of a person, and the salts it was sealed with. First an entry of its own says which entries go, by
 * whom and why: it opens the door in what is never changed, and stays.
 *
 * @returns the id of that entry, and the partitions in which there were others
 */
export async function eraseEntries(
  client: ClientBase,
  { source, key }: Subject,
  { ids, count }: Entries,
  { by: actor, reason }: Trigger,
): Promise<{ readonly erasure: number; readonly months: readonly string[] }> {
  await writeCommandAudit(client, [
    {
      source,
      entity: "erasures",
      // Not the person's.
      key: source,
      kind: "tombstone",
      new: { entries: ids },
      cause: "erased",
      actor,
      reason,
    },
  ]);
  const { rows } = await client.query<{ id: number }>("select currval('audit.entries_id_seq') as id");
  const taken = await client.query<{ month: string; entries: number }>("select * from audit.take_away($1, $2)", [
    source,
    key,
  ]);
  const went = taken.rows.reduce((sum, { entries }) => sum + entries, 0);
  if (went !== count) throw new Error(`${count} entries were to go, and ${went} went`);
  return { erasure: (rows[0] as { id: number }).id, months: taken.rows.map(({ month }) => month) };
}
