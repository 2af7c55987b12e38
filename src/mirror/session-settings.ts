/**
 * What every session begins with. A worker that was paused must not hold its locks for ever, and nothing waits for ever; but
 * between two statements a run may wait for its customer's system for as long as that takes.
 * Set by SQL, for connection poolers refuse most of it at connect.
 */
export const SESSION_SETTINGS = `SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET statement_timeout = '10min';
  SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '1min'; SET jit = off;
  -- Who had to wait for a row looks at what it says then.
  SET default_transaction_isolation = 'read committed';
  -- A server before 14 does not know it: it is refused by its version, which it has to live to tell.
  DO $$ BEGIN PERFORM set_config('idle_session_timeout', '0', false); EXCEPTION WHEN undefined_object THEN NULL; END $$;
  -- A statement whose process was killed ends soon, and with it its hold of a source. Not every system can tell.
  DO $$ BEGIN PERFORM set_config('client_connection_check_interval', '2s', false); EXCEPTION WHEN OTHERS THEN NULL; END $$`;
