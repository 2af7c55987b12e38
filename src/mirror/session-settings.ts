import { ALL_SOURCES } from "./one-source";
import { GROUPS } from "./role-names";

/**
 * With separate roles the writer may make schemas, and one that is called as another role is where that one's sessions look first: what
 * is in it would be done by their rights. So sessions look nowhere but in Postgres' own, until a stage leads them to it.
 */
export const FIND_ONLY_POSTGRES = `
  SELECT pg_catalog.set_config('search_path', 'pg_catalog', false) FROM pg_catalog.pg_roles
  WHERE rolname OPERATOR(pg_catalog.=) '${GROUPS.writer}'::pg_catalog.name
    AND pg_catalog.has_database_privilege(oid, pg_catalog.current_database()::pg_catalog.text, 'create')`;

/** What the keys of some 500,000 records take; more where the server is set to more. */
const SETS = "32MB";

/**
 * What every session begins with. A worker that was paused must not hold its locks for ever, and nothing waits for ever; but
 * between two statements a run may wait for its customer's system for as long as that takes.
 * Set by SQL, for connection poolers refuse most of it at connect.
 */
export const SESSION_SETTINGS = `SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET statement_timeout = '10min';
  SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '1min'; SET jit = off;
  -- Who had to wait for a row looks at what it says then.
  SET default_transaction_isolation = 'read committed';
  -- Whoever is lent the session narrows it (decision 0043).
  SET understudy.source = '${ALL_SOURCES}';
  -- A server before 14 does not know it: it is refused by its version, which it has to live to tell.
  DO $$ BEGIN PERFORM set_config('idle_session_timeout', '0', false); EXCEPTION WHEN undefined_object THEN NULL; END $$;
  -- A statement whose process was killed ends soon, and with it its hold of a source. Not every system can tell.
  DO $$ BEGIN PERFORM set_config('client_connection_check_interval', '2s', false); EXCEPTION WHEN OTHERS THEN NULL; END $$;
  -- A set that does not fit is not looked up by its hash, but read through for each row.
  SELECT set_config('work_mem', '${SETS}', false) WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('${SETS}');
  ${FIND_ONLY_POSTGRES}`;
