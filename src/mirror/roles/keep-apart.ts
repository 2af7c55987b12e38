import type { ClientBase } from "pg";
import { ALL_SOURCES } from "../one-source";
import { GROUPS } from "../role-names";
import { RIGHTS } from "./rights";

/**
 * One source's rows are closed to whoever works on another (decision 0043). A session that never said on which it works gets an error:
 * an empty answer would pass for the truth. Who sees all of them says so.
 *
 * The planner takes `is not null` for true of nearly every row. Of a comparison it would expect as few rows as the one that every
 * query makes already leaves, and then plan for the square of that.
 */
const SAID = "(select current_setting('understudy.source'))";
const OF_THAT_SOURCE = `nullif(source = ${SAID} or ${SAID} = '${ALL_SOURCES}', false) is not null`;

/** Who copies into the mirror is held to the same by a trigger, for row security is not for COPY. Says nothing where the rows are right. */
const COPIED_FOR_ANOTHER = `new.source is distinct from current_setting('understudy.source', true) and current_user = '${GROUPS.loader}'`;

/** Of tables that tell their source by another one. */
const BY_ANOTHER: Readonly<Record<string, string>> = {
  "sync.held_changes": "exists (select from sync.runs r where r.id = held_changes.run)",
};

export const APART = [OF_THAT_SOURCE, COPIED_FOR_ANOTHER, BY_ANOTHER] as const;

const POLICY = "one_source";
const TRIGGER = "one_source_copied";

interface Table {
  /** As `rights.ts` has it. */
  readonly name: string;
  readonly written: string;
  readonly isApart: boolean;
  /** The policy as it was made. */
  readonly told: string | null;
}

/** With which of our tables that tell of a source it is how; parts of the audit follow the whole. */
const TABLES = `
  select n.nspname || '.' || c.relname as name, c.oid::regclass::text as written,
         c.relrowsecurity and c.relforcerowsecurity as "isApart", obj_description(p.oid, 'pg_policy') as told
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  left join pg_policy p on p.polrelid = c.oid and p.polname = '${POLICY}'
  where n.nspname in ('mirror', 'sync', 'audit', 'login') and c.relkind in ('r', 'p') and not c.relispartition
    and (n.nspname || '.' || c.relname = any ($1)
      or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'source' and not a.attisdropped))
  order by 1`;

async function tablesOfSources(client: ClientBase): Promise<readonly Table[]> {
  const { rows } = await client.query<Table>(TABLES, [Object.keys(BY_ANOTHER)]);
  return rows;
}

/** What closes the tables that are not closed as this build does it. Others wait for it, so what is done is left. */
export async function keepingApart(client: ClientBase): Promise<readonly string[]> {
  const statements: string[] = [];
  for (const { name, written, isApart, told } of await tablesOfSources(client)) {
    const rule = BY_ANOTHER[name] ?? OF_THAT_SOURCE;
    const isCopied = RIGHTS[name]?.loader === "i";
    const marked = JSON.stringify([rule, isCopied && COPIED_FOR_ANOTHER]);
    if (isApart && told === marked) continue;
    statements.push(
      `alter table ${written} enable row level security, force row level security`,
      `drop policy if exists ${POLICY} on ${written}`,
      `create policy ${POLICY} on ${written} using (${rule})`,
      `comment on policy ${POLICY} on ${written} is '${marked.replaceAll("'", "''")}'`,
      `drop trigger if exists ${TRIGGER} on ${written}`,
    );
    if (isCopied)
      statements.push(
        `create trigger ${TRIGGER} after insert on ${written} for each row when (${COPIED_FOR_ANOTHER}) execute function sync.refuse_other_source()`,
      );
  }
  return [...statements, "select audit.guard_parts()"];
}

/** What opens them again; nothing where none is closed. */
export async function joiningAgain(client: ClientBase): Promise<readonly string[]> {
  const apart = (await tablesOfSources(client)).filter(({ isApart }) => isApart);
  if (apart.length === 0) return [];
  return [
    ...apart.flatMap(({ written }) => [
      `drop trigger if exists ${TRIGGER} on ${written}`,
      `drop policy if exists ${POLICY} on ${written}`,
      `alter table ${written} no force row level security, disable row level security`,
    ]),
    "select audit.guard_parts()",
  ];
}
