-- A person can be erased: what the audit tells of them goes, and what is left of it in the chain tells nothing and still verifies
-- (decision 0041).

-- An erasure is itself an entry, about `erasures`: `new` names the entries it took away by their ids, as {"entries": "{[5,9),[12,13)}"}.
-- That these are read as immutable is right: how whole numbers are written depends on no setting.
create function audit.entries_of(erasure jsonb) returns int8multirange
  language sql immutable strict parallel safe as $$ select (erasure ->> 'entries')::int8multirange $$;

create index entries_of_erasures on audit.entries using gist (audit.entries_of(new)) where entity = 'erasures';

-- What erasures took away of the entries of a seal; and of others that went with them.
create function audit.erased_in(seal audit.seals) returns int8multirange
  language sql stable parallel safe as $$
  select coalesce(range_agg(erased), '{}')
  from audit.entries e cross join lateral unnest(audit.entries_of(e.new)) erased
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
    where e.entity = 'erasures' and e.source = of_source and audit.entries_of(e.new) @> entry)
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
