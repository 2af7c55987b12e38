import { createHash } from "node:crypto";
import type { ClientBase } from "pg";
import { endSession } from "../fence";
import { FIND_ONLY_POSTGRES } from "../session-settings";
import { rowsOf, type StageContext } from "./stage-context";
import { creating } from "./stage-tables";

/**
 * A stage that outlives its session: the tables of one source in a schema of their own, unlogged, for what they hold
 * can be read again. The session's search path leads there, so that the steps of a stage name its tables alone,
 * temporary or not.
 */

/** Long enough to tell what it is for; the hash keeps apart what is cut short. */
const schemaOf = (source: string): string => `stage_${source.slice(0, 40)}_${hashOf(source).toString("hex", 0, 4)}`;

const hashOf = (source: string): Buffer => createHash("md5").update(`stage ${source}`).digest();

/** The lock of a stage: held alone by a session that comes to it, then shared by all that work on it. */
const lockOf = (source: string): string => hashOf(source).readBigInt64BE(8).toString();

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const TABLES = creating("unlogged");
/** Of the tables; a schema that was made by another version is made anew. */
const VERSION = createHash("md5").update(TABLES).digest("hex");

/** Leads the session to the stage of the source. The caller holds the source under its newest fence. */
export async function enterStage(context: StageContext): Promise<void> {
  const { client, source } = context;
  const schema = schemaOf(source);
  const [found] = await rowsOf<{ isFree: boolean; version: string | null }>(
    context,
    `select pg_try_advisory_lock($1) as "isFree", ${SETTINGS("$3")},
            (select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = $2) as version`,
    [lockOf(source), schema, quoted(schema)],
  );
  if (found?.isFree !== true) await endOvertaken(context);
  await client.query("select pg_advisory_lock_shared($1), pg_advisory_unlock($1)", [lockOf(source)]);
  if (found?.version === VERSION) return;
  await client.query(`drop schema if exists ${quoted(schema)} cascade; create schema ${quoted(schema)};
    ${TABLES}; comment on schema ${quoted(schema)} is '${VERSION}'`);
}

/** Leads a second session of the run there. @returns whether it may come; another run may be about to take over */
export async function followIntoStage(session: ClientBase, source: string): Promise<boolean> {
  const [found] = await rowsOf<{ isOpen: boolean }>(
    { client: session },
    `select pg_try_advisory_lock_shared($1) as "isOpen", ${SETTINGS("$2")}`,
    [lockOf(source), quoted(schemaOf(source))],
  );
  if (found?.isOpen === true) return true;
  await leaveStage(session);
  return false;
}

/**
 * What is lost of a stage with the server is read again, so no commit waits for it to be on disk. And a run asks for
 * what few records have become in tables of many, most of which are in memory.
 *
 * @param path the parameter that says where the tables are
 */
const SETTINGS = (path: string): string => `
  set_config('search_path', ${path}, false), set_config('synchronous_commit', 'off', false),
  set_config('random_page_cost', '1.1', false)`;

/** Other sessions still work on the stage, under a fence that is no longer valid: they were paused, or cut off. */
async function endOvertaken(context: StageContext): Promise<void> {
  const lock = [lockOf(context.source)];
  const overtaken = await rowsOf<{ pid: number; began: string }>(
    context,
    `select a.pid, a.backend_start::text as began from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.database = (select oid from pg_database where datname = current_database())
       and l.granted and l.objsubid = 1 and (l.classid::bigint << 32 | l.objid::bigint) = $1::bigint`,
    lock,
  );
  for (const session of overtaken) await endSession(context.client, session);
  // Another newcomer may be quicker, and then this one is overtaken itself.
  await rowsOf(context, "select pg_advisory_lock($1)", lock);
}

/** Gives the session back as it was; comes after its transaction ended. */
export async function leaveStage(client: ClientBase): Promise<void> {
  await client.query(
    `reset search_path; reset synchronous_commit; reset random_page_cost; select pg_advisory_unlock_all(); ${FIND_ONLY_POSTGRES}`,
  );
}

/** The schema that tables which are there twice, lasting and as a temporary copy, must be named by. */
export const lastingTable = ({ source }: StageContext, table: string): string => `${quoted(schemaOf(source))}.${table}`;

/** Takes away all that was read of a source. */
export async function dropStage(client: ClientBase, source: string): Promise<void> {
  await client.query(`drop schema if exists ${quoted(schemaOf(source))} cascade`);
}
