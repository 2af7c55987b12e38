-- A person can be erased: what the audit tells of them goes, and what is left of it in the chain tells nothing and still verifies
-- (decision 0041).

-- An erasure is itself an entry, about `erasures`: `new` names the entries it took away by their ids, as {"entries": "{[5,9),[12,13)}"}.
-- That these are read as immutable is right: how whole numbers are written depends on no setting. It takes away what was told before it
-- alone: whatever ids it names, it is no leave for what is to come.
create function audit.entries_of(erasure jsonb) returns int8multirange
  language sql immutable strict parallel safe as $$ select (erasure ->> 'entries')::int8multirange $$;

create index entries_of_erasures on audit.entries using gist (audit.entries_of(new)) where entity = 'erasures';

-- What erasures took away of the entries of a seal; and of others that went with them.
create function audit.erased_in(seal audit.seals) returns int8multirange
  language sql stable parallel safe as $$
  select coalesce(range_agg(erased), '{}')
  from audit.entries e cross join lateral unnest(audit.entries_of(e.new) * int8multirange(int8range(1, e.id))) erased
  where e.entity = 'erasures' and audit.entries_of(e.new) && int8range(
    ('x' || encode(substring(seal.leaves for 8), 'hex'))::bit(64)::bigint, seal.last_entry, '[]')
$$;

-- The salts of a seal, with zeros in the place of those of entries that are erased: without its salt a leaf tells nothing.
create function audit.without_salts(leaves bytea, salts bytea, erased int8multirange) returns bytea
  language sql immutable parallel safe as $$
  select string_agg(case when erased @> id then decode(repeat('00', 16), 'hex') else salt end, ''::bytea order by id)
  from audit.leaves_of(leaves, salts)
$$;

-- The one door in what is never changed. Whoever goes through it has told the audit before, by an entry that stays.
create function audit.may_be_taken_away(entry bigint, of_source text, entity text) returns boolean
  language sql stable parallel safe as $$
  select entity in ('users', 'user_roles', 'user_orgs') and exists (
    select from audit.entries e
    where e.entity = 'erasures' and e.source = of_source and e.id > entry and audit.entries_of(e.new) @> entry)
$$;

create function audit.hides_erased_alone(before audit.seals, after audit.seals) returns boolean
  language sql stable parallel safe as $$
  select (before.number, before.sealed_at, before.last_entry, before.leaves, before.head)
           is not distinct from (after.number, after.sealed_at, after.last_entry, after.leaves, after.head)
     and after.salts = audit.without_salts(before.leaves, before.salts, audit.erased_in(before))
$$;

drop trigger append_only on audit.entries;
create trigger append_only before update on audit.entries for each row execute function audit.refuse_change();
create trigger erased_alone before delete on audit.entries for each row
  when (not audit.may_be_taken_away(old.id, old.source, old.entity)) execute function audit.refuse_change();

drop trigger append_only on audit.seals;
create trigger append_only before delete on audit.seals for each row execute function audit.refuse_change();
create trigger erased_alone before update on audit.seals for each row
  when (not audit.hides_erased_alone(old, new)) execute function audit.refuse_change();

-- What the audit tells of one person, under whichever key they had. `of_key` is the one they have now.
create function audit.told_of_person(of_source text, of_key text) returns setof audit.entries
  language sql stable as $$
  select e.* from sync.keys_of(of_source, 'users', of_key) had
  join audit.entries e on e.source = of_source and e.key = had.key and e.at >= had.since and e.at < had.until
    and e.entity in ('users', 'user_roles', 'user_orgs')
$$;

-- Takes away what it tells of them, and the salts it was sealed with: those of the seals that tell of them alone, for the others stay as
-- they are on the disk, too. An entry about `erasures` has named these entries before. Says how many went, by partition.
create function audit.take_away(of_source text, of_key text) returns table (month text, entries bigint)
  language sql as $$
  with gone as (
    delete from audit.entries e using audit.told_of_person(of_source, of_key) told
    where e.source = of_source and e.key = told.key and e.at = told.at and e.id = told.id
    returning e.id, e.tableoid
  ),
  covering as (
    select number, int8range(lag(last_entry, 1, 0::bigint) over (order by number), last_entry, '(]') as ids from audit.seals
  ),
  blanked as (
    update audit.seals s set salts = audit.without_salts(s.leaves, s.salts, audit.erased_in(s))
    from covering c where c.number = s.number and c.ids && (select range_agg(int8range(id, id, '[]')) from gone)
  )
  select tableoid::regclass::text, count(*) from gone group by tableoid
$$;
