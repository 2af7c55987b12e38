-- Where database roles are separate the rows of one source are closed to whoever works on another (decision 0043). `understudy migrate
-- --roles` closes the tables; this is what it needs in the database.

-- Whoever reads a month of the audit by itself is held to what the whole says. Months that it says of no more are open again.
create function audit.guard_parts() returns void
  language plpgsql as $$
declare
  part record;
begin
  for part in
    select c.oid::regclass::text as name, whole.relrowsecurity as closed, policy.polname as policy,
           pg_get_expr(policy.polqual, whole.oid) as rule
    from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class whole on whole.oid = i.inhparent
    left join pg_policy policy on policy.polrelid = case when whole.relrowsecurity then whole.oid else c.oid end
    where whole.oid = 'audit.entries'::regclass
      and (c.relrowsecurity <> whole.relrowsecurity or pg_get_expr(policy.polqual, whole.oid) is distinct from (
        select pg_get_expr(p.polqual, p.polrelid) from pg_policy p where p.polrelid = c.oid))
  loop
    if part.policy is not null then execute format('drop policy if exists %I on %s', part.policy, part.name); end if;
    if part.closed then
      execute format('alter table %s enable row level security, force row level security', part.name);
      execute format('create policy %I on %s using (%s)', part.policy, part.name, part.rule);
    else
      execute format('alter table %s no force row level security, disable row level security', part.name);
    end if;
  end loop;
end
$$;

-- As before; and a month that is new is closed as the others are.
create or replace function audit.ensure_month(moment timestamptz) returns void
  language plpgsql as $$
declare
  month timestamp := date_trunc('month', moment at time zone 'UTC');
  partition text := 'entries_' || to_char(month, 'YYYY_MM');
begin
  if to_regclass('audit.' || partition) is null then
    perform pg_advisory_xact_lock(hashtext('audit.ensure_month'));
    if moment < audit.kept_since() then return; end if;
    execute format(
      'create table if not exists audit.%I partition of audit.entries for values from (%L) to (%L)',
      partition, month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC'
    );
    perform audit.guard_parts();
  end if;
end
$$;

create function sync.refuse_other_source() returns trigger
  language plpgsql as $$
begin
  raise exception 'a row of another source was to be copied into %.%', tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end
$$;
