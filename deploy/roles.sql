-- The roles of a mirror with separate database roles: docs/how-to/separate-database-roles.md. Run it as a superuser in the
-- mirror's database, new or in use, while no process of Understudy is connected; it may be run again. What each role may do is
-- then said by `understudy migrate --roles`.

do $$
declare
  name text;
  thing record;
begin
  foreach name in array array['understudy_migrator', 'understudy_writer', 'understudy_login', 'understudy_auditor'] loop
    begin
      execute format('create role %I nologin', name);
    exception when duplicate_object or unique_violation then null;
    end;
  end loop;

  -- Postgres takes no COPY from whom row security applies to. For a first load the writer becomes this role, which may add rows to the
  -- tables of the mirror and the audit, and nothing else; a trigger holds these to the source that is said.
  begin
    create role understudy_loader nologin bypassrls role understudy_writer, understudy_migrator;
  exception when duplicate_object or unique_violation then null;
  end;

  -- The writer makes a schema of its own for what it reads of each source.
  execute format('grant create on database %I to understudy_migrator, understudy_writer', current_database());
  execute format('grant temporary on database %I to understudy_migrator, understudy_writer, understudy_auditor', current_database());

  -- What a mirror in use consists of is the migrator's from now on.
  for thing in
    select format('schema %I', nspname) as what from pg_namespace
    where nspname in ('mirror', 'sync', 'audit', 'login', 'login_reader', 'queue')
    union all
    select format('table %s', c.oid::regclass) from pg_class c
    where c.relnamespace in (select oid from pg_namespace where nspname in ('mirror', 'sync', 'audit', 'login', 'queue'))
      and (c.relkind in ('r', 'p', 'v', 'm') or (c.relkind = 'S'
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i'))))
    union all
    select format('routine %s', p.oid::regprocedure) from pg_proc p
    where p.pronamespace in (select oid from pg_namespace where nspname in ('mirror', 'sync', 'audit', 'login', 'login_reader', 'queue'))
    union all
    select format('type %s', t.oid::regtype) from pg_type t
    where t.typnamespace in (select oid from pg_namespace where nspname = 'queue') and t.typtype in ('e', 'd')
  loop
    execute format('alter %s owner to understudy_migrator', thing.what);
  end loop;

  -- What was read of a source and not applied yet is read again.
  for thing in select nspname from pg_namespace where nspname like 'stage\_%' loop
    execute format('drop schema %I cascade', thing.nspname);
  end loop;
end
$$;
