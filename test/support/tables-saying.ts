import { inflateRawSync } from "node:zlib";
import type { World } from "./world";

const TABLES = `
  select format('%I.%I', n.nspname, c.relname) as table
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and c.relkind in ('r', 'p') and not c.relispartition
  order by 1`;

/** All of them, by schema and name. */
export async function tablesIn({ sql }: Pick<World, "sql">): Promise<readonly string[]> {
  return (await sql<{ table: string }>(TABLES)).map(({ table }) => table);
}

/** The tables that say a word anywhere, whichever schema they are in, also in what is compressed there. */
export async function tablesSaying(world: Pick<World, "sql">, word: RegExp): Promise<readonly string[]> {
  const found: string[] = [];
  for (const table of await tablesIn(world)) {
    const rows = await world.sql(`select t.* from ${table} t`);
    if (rows.some((row) => word.test(JSON.stringify(Object.values(row).map(opened))))) found.push(table);
  }
  return found;
}

/** What is compressed, as its text; else the bytes as they are. */
function opened(value: unknown): unknown {
  if (!Buffer.isBuffer(value)) return value;
  try {
    return inflateRawSync(value).toString();
  } catch {
    return value.toString("latin1");
  }
}
