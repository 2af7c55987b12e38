-- Which database of which server this is. A copy of the mirror, such as one to try things with, has all else in common with its original;
-- a server that was restarted, and its standby that took over, say the same as before. With separate roles it is asked by the owner, so
-- that all processes get one answer.
create function sync.place() returns text
  language plpgsql stable as $$
declare
  own oid := (select d.oid from pg_database d where d.datname = current_database());
begin
  return (select c.system_identifier from pg_control_system() c) || '/' || own;
exception when insufficient_privilege then
  -- Everybody may ask that, unless somebody took it from them.
  return '/' || own;
end
$$;
