-- What is kept for how long, and how the audit forgets a month (decision 0040).

-- When somebody looked at the database's clock last, since when it has gone without a jump, and when what was due went last.
create table sync.retention (
  only_one boolean primary key default true check (only_one),
  seen_at timestamptz not null,
  steady_since timestamptz not null,
  pruned_at timestamptz
);

insert into sync.retention (seen_at, steady_since) values (now(), now());

-- Runs are taken away one day, and each asks for the slots that name it.
create index slots_run on sync.slots (run) where run is not null;

-- Which entries the audit has dropped. The entry that tells of it binds the bound and these ids, and is sealed like any other.
create table audit.drops (
  entry bigint primary key,
  before timestamptz not null,
  ids int8multirange not null
);

create trigger append_only before update or delete on audit.drops for each row execute function audit.refuse_change();
create trigger never_emptied before truncate on audit.drops for each statement execute function audit.refuse_change();

-- From when on the audit is whole; null while nothing was dropped. What it holds of before is what was in force then.
create function audit.kept_since() returns timestamptz
  language sql stable parallel safe as $$ select max(before) from audit.drops $$;

-- The parts of the audit: one holds what is left of everything before a month, and then there is one a month.
create function audit.parts() returns table (part regclass, begins timestamptz, ends timestamptz)
  language sql stable as $$
  select oid::regclass, coalesce(month, '-infinity'), coalesce(month + interval '1 month', audit.kept_since())
  from (
    -- Asked of whatever the planner looks at before it knows whose part it is.
    select c.oid, case when c.relname ~ '^entries_\d{4}_\d\d$' then to_date(right(c.relname, 7), 'YYYY_MM')::timestamp at time zone 'UTC' end as month
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'audit.entries'::regclass
  ) parts
$$;

-- As before; but what is of a month that was dropped has its place with what is left of it.
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
  end if;
end
$$;

-- Entries before a moment that say nothing of what was so at that moment. What is told of a link survives while the link is held,
-- from the grant on that made it so; of a record that lives, or that the mirror still holds, how it came and the latest of each
-- field; and for ever what was dropped or erased. An entry goes only if its seal proves that it is of before that moment.
create function audit.outlived(cut timestamptz) returns table (id bigint)
  language sql stable as $$
  with before as materialized (
    select e.id, e.at, e.source, e.entity, e.kind, e.cause, e.old, e.new,
           e.entity in ('user_roles', 'user_orgs', 'role_permissions') as is_link,
           -- By the keys of today. Few sources ever have one renamed.
           case when r.renamed then sync.current_key(e.source, case e.entity when 'user_roles' then 'users'
             when 'user_orgs' then 'users' when 'role_permissions' then 'roles' else e.entity end, e.key, e.at) else e.key end as key,
           case when r.renamed then sync.current_key(e.source, case e.entity when 'user_roles' then 'roles'
             when 'user_orgs' then 'orgs' else 'permissions' end, e.related, e.at) else e.related end as related,
           case when r.renamed then sync.current_key(e.source, 'orgs', e.scope, e.at) else e.scope end as scope
    from audit.entries e
    cross join lateral (select e.source in (select source from sync.rekeys) as renamed) r
    where e.at < cut and e.entity not in ('retention', 'erasures')
  ),
  counted as (
    select id, kind, source, entity, key, related, scope, row_number() over link as place,
           sum(case kind when 'grant' then 1 else -1 end) over link as stated
    from before where is_link
    window link as (partition by source, entity, key, related, scope order by at, id)
  ),
  links as (
    select id, place, max(place) filter (where kind = 'grant' and stated = 1) over link as begun,
           last_value(stated) over (link order by place rows between unbounded preceding and unbounded following) as finally
    from counted
    window link as (partition by source, entity, key, related, scope)
  ),
  mirrored as (
    select source, 'users' as entity, key from mirror.users
    union all select source, 'roles', key from mirror.roles
    union all select source, 'permissions', key from mirror.permissions
    union all select source, 'orgs', key from mirror.orgs
  ),
  placed as (
    select id, kind, source, entity, key, old, new, row_number() over (partition by source, entity, key order by at, id) as place
    from before where not is_link
  ),
  records as (
    select source, entity, key, max(place) filter (where kind = 'create') as created,
           max(place) filter (where kind in ('create', 'restore', 'tombstone')) as turned
    from placed group by source, entity, key
  ),
  living as (
    select p.*, r.created, r.turned
    from records r
    left join placed last on last.source = r.source and last.entity = r.entity and last.key = r.key and last.place = r.turned
    left join mirrored m on m.source = r.source and m.entity = r.entity and m.key = r.key
    join placed p on p.source = r.source and p.entity = r.entity and p.key = r.key
    where last.kind is distinct from 'tombstone' or m.key is not null
  ),
  latest as (
    select max(array[l.place, l.id]) as of_field
    from living l
    cross join lateral (select coalesce(l.old, '{}') || coalesce(l.new, '{}') as told) both_sides
    cross join lateral (
      select jsonb_object_keys(told - 'attributes') as field
      union select 'attributes.' || jsonb_object_keys(
        coalesce(l.old -> 'attributes', '{}') || coalesce(l.new -> 'attributes', '{}'))
    ) named
    where l.kind in ('update', 'restore') and l.place > coalesce(l.created, 0)
    group by l.source, l.entity, l.key, field
  ),
  surviving as (
    select id from links where finally > 0 and place >= coalesce(begun, 0)
    union all select id from living where place in (created, turned)
    union all select of_field[2] from latest
  ),
  proven as (
    select coalesce(max(last_entry), 0) as last_entry from audit.seals
    -- A seal that was made later is of no use, and neither are those after it; one of the future was made by a clock that was wrong.
    where sealed_at < cut + interval '1 day' and number < coalesce(
      (select min(number) from audit.seals where sealed_at >= cut + interval '1 day' and sealed_at <= sync.moment()), 9223372036854775807)
  )
  select b.id from before b
  where b.id <= (select last_entry from proven) and not exists (select from surviving s where s.id = b.id)
$$;

-- Drops all that the audit told before a month, but for what was still so then, and tells of it. What one of the last twelve months
-- says is never dropped, whoever asks for it.
create function audit.drop_before(cut timestamptz, by_whom text) returns table (dropped bigint, kept bigint)
  language plpgsql as $$
declare
  parts text[];
  part text;
  gone int8multirange;
  told bigint;
begin
  if cut > sync.moment() - interval '12 months' or cut <> date_trunc('month', cut at time zone 'UTC') at time zone 'UTC' then
    raise exception 'the audit drops whole months, and none of the last twelve' using errcode = 'restrict_violation';
  end if;
  -- Best made before, for whoever makes it keeps everybody from the audit until their transaction ends.
  perform audit.ensure_month(sync.moment());
  -- Nobody makes a month meanwhile. Before any other lock, for that is how they take theirs.
  perform pg_advisory_xact_lock(hashtext('audit.ensure_month'));
  select array_agg(p.part::text) into parts from audit.parts() p where p.ends <= cut;
  foreach part in array coalesce(parts, '{}') loop
    execute format('lock table %s in share mode', part);
  end loop;

  create temporary table outlived on commit drop as select o.id from audit.outlived(cut) o;
  analyze outlived;
  select coalesce(range_agg(int8range(o.id, o.id, '[]')), '{}'), count(*) into gone, dropped from outlived o;
  create table audit.entries_left (like audit.entries including defaults including constraints including indexes);
  insert into audit.entries_left
  select e.* from audit.entries e where e.at < cut and not exists (select from outlived o where o.id = e.id);
  get diagnostics kept = row_count;

  -- Nobody seals from here on, and who does now is waited for. A seal that was made meanwhile is of now, and proves nothing of before.
  perform pg_advisory_xact_lock(hashtext('audit.seals'));
  -- From here on everybody who reads or writes the audit waits; so whoever works at it now is not waited for.
  perform set_config('lock_timeout', '3s', true);
  foreach part in array coalesce(parts, '{}') loop
    execute format('alter table audit.entries detach partition %s', part);
    execute format('drop table %s', part);
  end loop;
  alter table audit.entries_left rename to entries_before;
  execute format('alter table audit.entries attach partition audit.entries_before for values from (minvalue) to (%L)', cut);

  -- Without its salt a leaf tells nothing of an entry.
  alter table audit.seals disable trigger user;
  update audit.seals s
  set salts = (
    select string_agg(case when gone @> leaf.id then decode(repeat('00', 16), 'hex') else leaf.salt end, '' order by leaf.id)
    from audit.leaves_of(s.leaves, s.salts) leaf)
  from (select number, int8range(lag(last_entry, 1, 0::bigint) over (order by number), last_entry, '(]') as covers from audit.seals) of_seal
  where of_seal.number = s.number and of_seal.covers && gone;
  alter table audit.seals enable trigger user;

  insert into audit.entries (at, run, source, entity, key, kind, new, cause, actor)
  values (sync.moment(), 0, '', 'retention', to_char(cut at time zone 'UTC', 'YYYY-MM-DD'), 'tombstone',
    jsonb_build_object('before', sync.rfc3339(cut), 'entries', dropped, 'left', kept, 'ids', encode(sha256(multirange_send(gone)), 'hex')),
    'retention', by_whom)
  returning id into told;
  insert into audit.drops (entry, before, ids) values (told, cut, gone);
  return next;
end
$$;

-- What the audit dropped by what it says itself: not what its entry does not bear out, nor anything of a year before that entry.
create view audit.told_drops as
select d.entry, d.before, d.ids,
       coalesce(e.entity = 'retention' and e.new ->> 'ids' = encode(sha256(multirange_send(d.ids)), 'hex')
         and (e.new ->> 'before')::timestamptz = d.before and d.before <= least(e.at, now()) - interval '12 months', false) as holds
from audit.drops d left join audit.entries e on e.id = d.entry;
