import type { ClientBase, PoolClient } from "pg";
import type { ErasureAnswer, ErasureRequest } from "../../domain/erasure";
import { Failure } from "../../domain/errors";
import type { Json } from "../../domain/json";
import type { Database } from "../database";
import { endHolders, lockIdleSource } from "../idle-source";
import { unpackJson } from "../kept-json";
import { ofUsers } from "../of-users";
import { readByCursor } from "../read-by-cursor";
import { dropStage } from "../stage/lasting-stage";
import { TAKING_AWAY } from "../taking-away";
import { commit, rollBack } from "../transaction";
import { type Entries, entriesOf, eraseEntries } from "./erase-entries";
import { Redaction } from "./redact";
import { refuseListed } from "./refuse-listed";
import { OF_OTHERS, OF_PLANS, TEXTS, TRACES } from "./traces";

/** Rows about others that are in memory at once: a short name may be in most of them, and reports are long. */
const BATCH = 200;

/** Erases a person from all tables, the audit among them (decision 0041). */
export class EraseStore {
  constructor(private readonly database: Database) {}

  /**
   * One transaction, while nobody works on the source. To look does the same and rolls it back, so what is shown is what would go.
   *
   * @throws Failure USE002, USE003 for somebody of whom nothing is kept, USE004 for somebody whom the customer's system still lists, for
   *   another number of entries and for a reason that names the person; RUN001 while a run works on the source
   */
  erase(request: ErasureRequest): Promise<ErasureAnswer> {
    return this.database.withClient(async (client) => {
      await client.query("begin");
      try {
        const { answer, months } = await eraseWithin(client, request);
        if (request.expect === null) await rollBack(client);
        else {
          await commit(client);
          await forgetSamples(client, months);
        }
        return answer;
      } catch (error) {
        await rollBack(client);
        throw error;
      }
    });
  }
}

/**
 * The planner keeps samples of values; those of a table that is empty now stay until there are rows again. Comes after the commit,
 * for others analyze these tables, too.
 */
async function forgetSamples(client: ClientBase, months: readonly string[]): Promise<void> {
  const tables = new Set([...[...TRACES, ...TEXTS].map(({ table }) => table), ...OF_PLANS, ...months]);
  try {
    await client.query(`analyze ${[...tables].join(", ")}`);
  } catch {
    // The database analyzes by itself, only later; what is erased stays erased.
  }
}

async function eraseWithin(
  client: PoolClient,
  request: ErasureRequest,
): Promise<{ readonly answer: ErasureAnswer; readonly months: readonly string[] }> {
  const { source, key, expect, trigger } = request;
  const retiredAt = await lockIdleSource(client, source, "to erase");
  await refuseWhilePruning(client);
  const id = await refuseListed(client, { source, key, isRetired: retiredAt !== null });
  const redaction = new Redaction(await namesOf(client, source, key));
  refuseNaming(trigger.reason, redaction);
  const entries = await entriesOf(client, { source, key });
  refuseUnseen(entries, expect);
  await endHolders(client, source);
  // Before the rows that lead from one key to another are gone.
  const { erasure, months } = await eraseEntries(client, { source, key }, entries, trigger);
  const { rows, isAnything } = await eraseRows(client, { source, key, id });
  if (!isAnything && entries.count === 0) throw nothingKept(source);
  const texts = (await redactTexts(client, source, redaction)) + (await dropPayloads(client, source, redaction));
  // What was read and not applied yet may hold anybody.
  await dropStage(client, source);
  const named = await countNamed(client, source, redaction);
  const answer = { source, entries: entries.count, rows, texts, named, erasure: expect === null ? null : erasure };
  return { answer, months };
}

async function refuseWhilePruning(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ free: boolean }>(
    `select pg_try_advisory_xact_lock_shared(${TAKING_AWAY}) as free`,
  );
  if (rows[0]?.free !== true)
    throw new Failure("RUN001", "what was kept long enough is being taken away at this moment; nothing was done", {
      fix: "try again later",
    });
}

function refuseNaming(reason: string | null, redaction: Redaction): void {
  if (reason === null || !redaction.mayBeNamedIn(reason)) return;
  throw new Failure("USE004", "the reason names the person, and would be kept; nothing was done", {
    fix: "say it without a name, such as by the number of a ticket",
  });
}

/** An entry that is not sealed would leave no trace in the chain; one that came since a person looked was not meant. */
function refuseUnseen({ count, areSealed }: Entries, expect: number | null): void {
  if (!areSealed)
    throw new Failure(
      "RUN001",
      "the latest entries of the audit are not sealed yet, for others are still writing; nothing was done",
      {
        fix: "try again later",
      },
    );
  if (expect !== null && count !== expect)
    throw new Failure("USE004", `the audit has ${count} entries of this person, not ${expect}; nothing was done`, {
      fix: "look first: leave out --expect",
      data: { entries: count },
    });
}

const nothingKept = (source: string): Failure =>
  new Failure("USE003", `nothing is kept of anybody with this key in \`${source}\`; nothing was done`, {
    fix: `whoever was erased before is known no more; erasures are among the entries of: understudy audit export --source ${source}`,
  });

/** All that the person is and was called. */
async function namesOf(client: ClientBase, source: string, key: string) {
  const { rows } = await client.query<{ keys: string[]; words: string[] }>(
    `with had as (select * from sync.keys_of($1, 'users', $2)),
     said as (
       select to_jsonb(u) as told from mirror.users u where u.source = $1 and u.key = $2
       union all
       select told from had
       join audit.entries e on e.source = $1 and e.key = had.key and e.at >= had.since and e.at < had.until and e.entity = 'users'
       cross join lateral (values (e.old), (e.new)) both_of (told)
     )
     select (select array_agg(key) from had) as keys,
            (select coalesce(array_agg(distinct value), '{}') from said cross join lateral jsonb_each_text(told) field (name, value)
             where name in ('username', 'email', 'display_name', 'phone') and value is not null) as words`,
    [source, key],
  );
  return rows[0] as { keys: string[]; words: string[] };
}

interface Person {
  readonly source: string;
  readonly key: string;
  /** The local one; null for somebody who never came into the mirror. */
  readonly id: string | null;
}

async function eraseRows(client: ClientBase, { source, key, id }: Person) {
  // A hold is bound to its set: without one of its changes it is another.
  await client.query(
    `update sync.holds h set state = 'replaced', decided_at = coalesce(decided_at, now())
     where source = $1 and state in ('open', 'released', 'rejected')
       and exists (select from sync.held_changes c where c.run = h.run and c.key = $2 and ${ofUsers("c.entity")})`,
    [source, key],
  );
  if (id !== null)
    await client.query(
      "select sync.put_digests($1, 'users', null, $2::bigint / 1024, array[($2::bigint % 1024)::integer], array[null]::bytea[])",
      [source, id],
    );
  const rows: Record<string, number> = {};
  for (const { table, where, isShared } of TRACES) {
    const { rowCount } = await client.query(
      `with person as (select $1::text, $2::text, $3::text) delete from ${table} where ${where}`,
      [source, key, id],
    );
    if (isShared !== true && rowCount !== null && rowCount > 0) rows[table] = rowCount;
  }
  return { rows, isAnything: Object.keys(rows).length > 0 };
}

/** @returns how many named the person */
async function redactTexts(client: ClientBase, source: string, redaction: Redaction): Promise<number> {
  let redacted = 0;
  for (const { table, columns } of TEXTS)
    for (const column of columns) {
      const naming = readByCursor<{ place: string; told: Json }>(
        client,
        `select ctid::text as place, ${column} as told from ${table}
         where source = $1 and exists (
           select from unnest($2::text[]) name
           where strpos(lower(${column}::text collate "C"), lower(name collate "C")) > 0)
         for update`,
        [source, redaction.landmarks],
        BATCH,
      );
      for await (const rows of naming)
        for (const { place, told } of rows) {
          const [before, after] =
            typeof told === "string"
              ? [told, redaction.text(told)]
              : [JSON.stringify(told), JSON.stringify(redaction.json(told))];
          if (before === after) continue;
          redacted += 1;
          await client.query(`update ${table} set ${column} = $1 where ctid = $2::tid`, [after, place]);
        }
    }
  return redacted;
}

/** Records of others that were rejected and name the person, as they came. @returns how many */
async function dropPayloads(client: ClientBase, source: string, redaction: Redaction): Promise<number> {
  const kept = readByCursor<{ place: string; payload: Buffer }>(
    client,
    "select ctid::text as place, payload from sync.rejects where source = $1 and payload is not null for update",
    [source],
    BATCH,
  );
  let dropped = 0;
  for await (const rows of kept) {
    const naming = rows.filter(({ payload }) => redaction.isNamedIn(unpackJson(payload)));
    await client.query("update sync.rejects set payload = null where ctid = any ($1::tid[])", [
      naming.map(({ place }) => place),
    ]);
    dropped += naming.length;
  }
  return dropped;
}

/** How often what stays names the person, by table. */
async function countNamed(client: ClientBase, source: string, redaction: Redaction): Promise<Record<string, number>> {
  const named: Record<string, number> = {};
  for (const { table, text, where = "source = $1" } of OF_OTHERS) {
    const maybe = readByCursor<{ told: string }>(
      client,
      `select told from ${table} t cross join lateral (select ${text} as told) said
       where ${where} and exists (select from unnest($2::text[]) name where strpos(lower(told), lower(name)) > 0)`,
      [source, redaction.rareNeedles],
      BATCH,
    );
    let naming = 0;
    for await (const rows of maybe) naming += rows.filter(({ told }) => redaction.text(told) !== told).length;
    if (naming > 0) named[table] = naming;
  }
  return named;
}
