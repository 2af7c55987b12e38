import { setTimeout as delay } from "node:timers/promises";
import type { PoolClient } from "pg";
import type { KeptSeal, SealsAnswer } from "../domain/audit";
import type { Database } from "./database";
import { acrossSources } from "./one-source";
import { inTransaction } from "./transaction";
import { verifySeals } from "./verify-seals";

/** Entries in a seal. */
const ENTRIES = 1_000;
/** Ids that one statement looks through. */
const IDS = 1_000_000;
/** Milliseconds. */
const POLL_INTERVAL = 20;

/**
 * Whoever writes entries holds this lock from before their ids are drawn until they are committed: those that hold it now may
 * still bring ids up to one that was drawn already.
 */
const WRITERS = `
  select array_agg(virtualtransaction) as writers from pg_locks
  where locktype = 'relation' and relation = 'audit.entries'::regclass and mode = 'RowExclusiveLock'
    and database = (select oid from pg_database where datname = current_database()) and pid <> pg_backend_pid()`;

const SEAL = `
  with last as (
    select number, last_entry, head from audit.seals
    union all select 0, 0, ''
    order by number desc limit 1
  ),
  chance as materialized (select uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) as secret),
  told as materialized (
    select e.id, audit.salt_of(e.id, chance.secret) as salt,
           int8send(e.id) || audit.leaf(e, audit.salt_of(e.id, chance.secret)) as leaf
    from audit.entries e cross join chance
    where e.id > (select last_entry from last) and e.id <= $1
  ),
  parted as (select id, salt, leaf, (row_number() over (order by id) - 1) / ${ENTRIES} as part from told),
  parts as (
    select (select number from last) + part + 1 as number, statement_timestamp() as sealed_at, max(id) as last_entry,
           string_agg(leaf, '' order by id) as leaves, string_agg(salt, '' order by id) as salts
    from parted group by part
  ),
  sealed as (
    insert into audit.seals (number, sealed_at, last_entry, leaves, salts, head)
    select number, sealed_at, last_entry, leaves, salts,
           audit.chain(audit.seal_content(number, sealed_at, last_entry, leaves), (select head from last)) over (order by number)
    from parts
    returning number, head
  )
  insert into sync.last_seal (number, head)
  select number, head from sealed order by number desc limit 1
  on conflict (is_last) do update set number = excluded.number, head = excluded.head`;

/** Seals what the audit tells, so that what is changed of it afterwards is found out (decision 0039). */
export class SealStore {
  constructor(private readonly database: Database) {}

  /**
   * Seals every entry that is committed. Of several at once one seals.
   *
   * @param timeout milliseconds that it waits for those who are writing entries
   * @returns false when they are still writing: what they tell, and what came after, is left for the next time
   */
  seal(timeout: number): Promise<boolean> {
    return acrossSources(() =>
      this.database.withClient(async (client) => {
        const { last, bound } = await this.#unsealed(client);
        if (last >= bound) return true;
        if (!(await writersAreDone(client, timeout))) return false;
        for (let until = last; until < bound; ) {
          until = Math.min(until + IDS, bound);
          await sealUntil(client, until);
        }
        return true;
      }),
    );
  }

  /**
   * Holds all that the audit tells against its seals.
   *
   * @param kept a seal that was kept outside; null when there is none
   * @param most findings that are told; all are counted
   */
  verify(kept: KeptSeal | null, most: number): Promise<SealsAnswer> {
    return acrossSources(() =>
      this.database.transaction(async (client) => {
        await client.query("set transaction isolation level repeatable read, read only");
        // First of all: a snapshot of before a month went would see neither what was dropped nor what is left of it.
        await client.query("lock table audit.entries in access share mode");
        return verifySeals(client, kept, most);
      }),
    );
  }

  /** The id up to which entries are sealed, and the latest that anybody has drawn. */
  async #unsealed(client: PoolClient): Promise<{ readonly last: number; readonly bound: number }> {
    const { rows } = await client.query<{ last: number; bound: number }>(
      `select coalesce((select max(last_entry) from audit.seals), 0) as last,
              (select case when is_called then last_value else 0 end from audit.entries_id_seq) as bound`,
    );
    return rows[0] ?? { last: 0, bound: 0 };
  }
}

async function writersAreDone(client: PoolClient, timeout: number): Promise<boolean> {
  const writersNow = async () => (await client.query<{ writers: string[] | null }>(WRITERS)).rows[0]?.writers ?? [];
  let writers = await writersNow();
  for (const until = performance.now() + timeout; writers.length > 0; ) {
    if (performance.now() >= until) return false;
    await delay(POLL_INTERVAL);
    const still = await writersNow();
    writers = writers.filter((writer) => still.includes(writer));
  }
  return true;
}

const sealUntil = (client: PoolClient, id: number): Promise<void> =>
  inTransaction(client, async () => {
    await client.query("select pg_advisory_xact_lock(hashtext('audit.seals'))");
    await client.query(SEAL, [id]);
  });
