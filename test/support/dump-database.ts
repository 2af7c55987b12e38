/**
 * Everything a run leaves in the database, told so that two ways to the same end tell the same: rows of all tables in an order
 * of their own, without local ids, run numbers and times (of a time it is told whether it is set). Digests are read by the records
 * they are of; of what a run keeps while it is under way nothing may be left.
 */
import { ENTITY_NAMES } from "../../src/domain/entities";
import type { Database } from "../../src/mirror/database";

type Row = Readonly<Record<string, unknown>>;
export type Dump = Readonly<Record<string, readonly unknown[]>>;

const SCHEMAS = ["mirror", "sync", "audit", "login"];
/**
 * Of these other things are told; the ledger of migrations is the same for everybody. What is remembered of pages follows from
 * their bytes, and may be lost: a run that goes on has not met all of them. The keys and the clock of logins are any process's, and
 * what a seal says is about ids and chance.
 */
const LEFT_OUT = new Set([
  ...["sync.pages", "sync.runs", "sync.slots", "sync.digests", "sync.migrations", "sync.mirror", "sync.retention"],
  ...["login.signing_keys", "login.clock", "audit.seals", "sync.last_seal"],
]);
/** Numbers of runs and rows, how many runs there were, and who holds a source how often. */
const CHANGEABLE = /^(id|run|runs|\w+_run|fence|holder_\w+|settled_until)$/;
/** Reports hold the times of their run. */
const TOLD_ELSEWHERE = /^(report|evidence)$/;

export async function dumpDatabase(database: Database): Promise<Dump> {
  return database.withClient(async (client) => {
    const query = async (sql: string): Promise<readonly Row[]> => (await client.query<Row>(sql)).rows;
    const dump: Record<string, readonly unknown[]> = {};
    for (const { table, times } of (await query(TABLES)) as readonly { table: string; times: readonly string[] }[]) {
      if (LEFT_OUT.has(table)) continue;
      const rows = await query(`select to_jsonb(t) as row from ${table} t`);
      if (rows.length > 0) dump[table] = inOrder(rows.map(({ row }) => plain(table, row as Row, new Set(times))));
    }
    for (const [name, sql] of Object.entries(TELL)) dump[name] = await query(sql);
    for (const { table } of await query(STAGES)) {
      const left = await query(`select '${table}' as table from ${table} limit 1`);
      if (left.length > 0) dump[`rows in ${table}`] = left;
    }
    return dump;
  });
}

/** What one dump has and the other has not, a line each; none when they are the same. */
export function differences(expected: Dump, found: Dump): readonly string[] {
  const tables = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  return tables.flatMap((table) => {
    const [wanted, there] = [expected, found].map((dump) => (dump[table] ?? []).map((row) => JSON.stringify(row)));
    return [
      ...without(wanted!, there!).map((row) => `- ${table} ${row}`),
      ...without(there!, wanted!).map((row) => `+ ${table} ${row}`),
    ];
  });
}

/** As often as it is in one list and not in the other. */
function without(rows: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(row) ?? 0;
    left.set(row, count - 1);
    return count <= 0;
  });
}

function plain(table: string, whole: Row, times: ReadonlySet<string>): Row {
  // Sealed twice a hash is not the same; `imported` tells which it is.
  const row = table === "login.verifiers" && whole.is_foreign === true ? { ...whole, hash: "sealed" } : whole;
  const told = Object.entries(row).filter(
    // Of a plan its id is its hash.
    ([name]) => (!CHANGEABLE.test(name) || (table === "sync.plans" && name === "id")) && !TOLD_ELSEWHERE.test(name),
  );
  // A watermark that is a moment is text, for a delta link may be one as well.
  const isTime = (name: string, value: unknown): boolean =>
    times.has(name) || (table === "sync.watermarks" && /^\d{4}-\d\d-\d\dT/.test(String(value)));
  return Object.fromEntries(told.map(([name, value]) => [name, value !== null && isTime(name, value) ? "set" : value]));
}

const inOrder = (rows: readonly Row[]): readonly Row[] =>
  rows
    .map((row) => [JSON.stringify(row), row] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row);

const TABLES = `
  select format('%s.%I', n.nspname, c.relname) as table,
         array_remove(array_agg(a.attname::text) filter (where a.atttypid = 'timestamptz'::regtype), null) as times
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where n.nspname in (${SCHEMAS.map((schema) => `'${schema}'`).join(", ")})
    and c.relkind in ('r', 'p') and not c.relispartition
  group by 1 order by 1`;

/** Where runs keep what they read while they are under way. */
const STAGES = `
  select format('%I.%I', n.nspname, c.relname) as table
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname like 'stage\\_%' and c.relkind = 'r'`;

const NO_DIGEST = "decode(repeat('00', 16), 'hex')";
/** One digest a row, also those at places of no record. */
const DIGESTS = ENTITY_NAMES.map(
  (entity) => `
    select d.source, d.entity, d.fingerprint, coalesce(m.key, 'no record at ' || d.chunk || ' ' || place) as key,
           encode(substring(d.packed from place * 16 + 1 for 16), 'hex') as digest
    from sync.digests d cross join generate_series(0, length(d.packed) / 16 - 1) place
    left join mirror.${entity} m on m.source = d.source and m.id = d.chunk * 1024 + place
    where d.entity = '${entity}' and substring(d.packed from place * 16 + 1 for 16) <> ${NO_DIGEST}`,
).join(" union all ");

const TELL: Readonly<Record<string, string>> = {
  digests: `select * from (${DIGESTS}) digests order by source, entity, key, digest`,
  "runs under way": "select source, mode from sync.runs where state = 'running'",
  slots: `select s.source, s.state, count(r.id)::int as completed from sync.slots s
          left join sync.runs r on (r.trigger ->> 'slot')::timestamptz = s.slot and r.source = s.source and r.outcome <> 'interrupted'
          group by 1, 2 order by 1, 2`,
  "sources that are held": "select source from sync.sources where holder_run is not null",
};
