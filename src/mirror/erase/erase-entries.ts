import type { ClientBase } from "pg";
import type { Trigger } from "../../domain/runs";
import { writeCommandAudit } from "../write-command-audit";

interface Subject {
  readonly source: string;
  readonly key: string;
}

/** What the audit tells of one person, under whichever key they had: `$1` is the source, `$2` the key they have now. */
const OF_PERSON = `
  e.source = $1 and e.key = had.key and e.at >= had.since and e.at < had.until and e.entity in ('users', 'user_roles', 'user_orgs')`;
const KEYS = "sync.keys_of($1, 'users', $2) had";

const LOOK = `
  select coalesce(range_agg(int8range(e.id, e.id, '[]')), '{}')::text as ids, count(*) as count,
         coalesce(max(e.id) <= (select coalesce(max(last_entry), 0) from audit.seals), true) as "areSealed"
  from ${KEYS} join audit.entries e on ${OF_PERSON}`;

/** Of those seals alone that tell of them: the others stay as they are on the disk, too. */
const BLANK_SALTS = `
  with covering as (
    select number, int8range(lag(last_entry, 1, 0::bigint) over (order by number), last_entry, '(]') as ids from audit.seals
  )
  update audit.seals s set salts = audit.without_salts(s.leaves, s.salts, audit.erased_in(s))
  from covering c where c.number = s.number and c.ids && $1::int8multirange`;

/** Entries by their ids, as a multirange of Postgres. */
interface Entries {
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
  const deleted = await client.query<{ month: string }>(
    `delete from audit.entries e using ${KEYS} where ${OF_PERSON} returning e.tableoid::regclass::text as month`,
    [source, key],
  );
  if (deleted.rowCount !== count) throw new Error(`${count} entries were to go, and ${deleted.rowCount} went`);
  await client.query(BLANK_SALTS, [ids]);
  return { erasure: (rows[0] as { id: number }).id, months: [...new Set(deleted.rows.map(({ month }) => month))] };
}
