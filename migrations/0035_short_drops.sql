-- While a month of the audit goes, whoever reads or writes the audit waits for less; and no session says what time it is, nor whose entries
-- may be seen.

create or replace function audit.drop_before(cut timestamptz, by_whom text) returns table (dropped bigint, kept bigint)
  language plpgsql as $$
declare
  parts text[];
  part text;
  gone int8multirange;
  told bigint;
begin
  -- By the database's clock: with separate roles a session may say what it likes, and the door is here.
  perform set_config('understudy.moment', '', true);
  -- Nor of which source: what is left is left of all of them.
  perform set_config('understudy.source', '*', true);
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
  -- Proves what is attached below, which would be read once more for it, while everybody waits.
  execute format('alter table audit.entries_left add constraint is_before check (at < %L)', cut);
  insert into audit.entries_left
  select e.* from audit.entries e where e.at < cut and not exists (select from outlived o where o.id = e.id);
  get diagnostics kept = row_count;

  -- Nobody seals from here on, and who does now is waited for. A seal that was made meanwhile is of now, and proves nothing of before.
  perform pg_advisory_xact_lock(hashtext('audit.seals'));
  -- Without its salt a leaf tells nothing of an entry.
  alter table audit.seals disable trigger user;
  update audit.seals s
  set salts = (
    select string_agg(case when gone @> leaf.id then decode(repeat('00', 16), 'hex') else leaf.salt end, '' order by leaf.id)
    from audit.leaves_of(s.leaves, s.salts) leaf)
  from (select number, int8range(lag(last_entry, 1, 0::bigint) over (order by number), last_entry, '(]') as covers from audit.seals) of_seal
  where of_seal.number = s.number and of_seal.covers && gone;
  alter table audit.seals enable trigger user;

  -- From here on everybody who reads or writes the audit waits; so whoever works at it now is not waited for.
  perform set_config('lock_timeout', '3s', true);
  foreach part in array coalesce(parts, '{}') loop
    execute format('alter table audit.entries detach partition %s', part);
    execute format('drop table %s', part);
  end loop;
  alter table audit.entries_left rename to entries_before;
  execute format('alter table audit.entries attach partition audit.entries_before for values from (minvalue) to (%L)', cut);
  alter table audit.entries_before drop constraint is_before;
  -- It is a table that was just made.
  perform audit.guard_parts();

  insert into audit.entries (at, run, source, entity, key, kind, new, cause, actor)
  values (sync.moment(), 0, '', 'retention', to_char(cut at time zone 'UTC', 'YYYY-MM-DD'), 'tombstone',
    jsonb_build_object('before', sync.rfc3339(cut), 'entries', dropped, 'left', kept, 'ids', encode(sha256(multirange_send(gone)), 'hex')),
    'retention', by_whom)
  returning id into told;
  insert into audit.drops (entry, before, ids) values (told, cut, gone);
  return next;
end
$$;
