-- What the audit tells is sealed in a chain: who changes, takes away or adds an entry afterwards is found out (decision 0039).

-- Never written until now.
drop table audit.seals;
alter table audit.entries drop column salt, drop column hash;

-- A seal is about the entries whose ids follow those of the seal before it.
create table audit.seals (
  number bigint primary key check (number > 0),
  sealed_at timestamptz not null,
  last_entry bigint not null,
  -- 24 bytes an entry, in the order of their ids: the id, and the first half of a SHA-256 of its salt and all that it says.
  leaves bytea not null,
  -- 16 bytes an entry, of a secret that nobody keeps. No part of the chain: without its salt a leaf tells nothing of an entry that was erased.
  salts bytea not null,
  -- SHA-256 of the head before and of `audit.seal_content`.
  head bytea not null
);

-- Chance cannot be compressed.
alter table audit.seals alter column leaves set storage external, alter column salts set storage external;

-- The last seal once more: whoever cuts the end of the chain off must know of this as well.
create table sync.last_seal (
  is_last boolean primary key default true check (is_last),
  number bigint not null,
  head bytea not null
);

-- Entries are looked for by id, too, when they are sealed and when seals are verified.
drop index audit.entries_at;
create index entries_at on audit.entries using brin (at, id) with (autosummarize = on);

-- In the binary form, which depends on no setting of the session.
create function audit.leaf(e audit.entries, salt bytea) returns bytea
  language sql stable parallel safe as $$
  select substring(sha256(salt || record_send(row(
    e.at, e.run, e.source, e.entity, e.key, e.related, e.scope, e.origin, e.owner, e.kind, e.old, e.new, e.cause, e.actor, e.reason
  ))) for 16)
$$;

create function audit.salt_of(id bigint, secret bytea) returns bytea
  language sql immutable parallel safe as $$ select substring(sha256(secret || int8send(id)) for 16) $$;

create function audit.leaves_of(leaves bytea, salts bytea) returns table (id bigint, salt bytea, digest bytea)
  language sql immutable parallel safe as $$
  select ('x' || encode(substring(leaves from place * 24 + 1 for 8), 'hex'))::bit(64)::bigint,
         substring(salts from place * 16 + 1 for 16), substring(leaves from place * 24 + 9 for 16)
  from generate_series(0, length(leaves) / 24 - 1) place
$$;

create function audit.seal_content(number bigint, sealed_at timestamptz, last_entry bigint, leaves bytea) returns bytea
  language sql immutable parallel safe as $$
  select int8send(number) || int8send((extract(epoch from sealed_at) * 1000000)::bigint) || int8send(last_entry) || leaves
$$;

create function audit.next_head(head bytea, content bytea, first_head bytea) returns bytea
  language sql immutable parallel safe as $$ select sha256(coalesce(head, first_head) || content) $$;

-- The heads of seals that follow one whose head is `first_head`.
create aggregate audit.chain(content bytea, first_head bytea) (sfunc = audit.next_head, stype = bytea);

create function audit.refuse_change() returns trigger
  language plpgsql as $$
begin
  raise exception 'what the audit tells is never changed' using errcode = 'restrict_violation';
end
$$;

create trigger append_only before update or delete on audit.entries for each row execute function audit.refuse_change();
create trigger append_only before update or delete on audit.seals for each row execute function audit.refuse_change();
create trigger never_emptied before truncate on audit.entries for each statement execute function audit.refuse_change();
create trigger never_emptied before truncate on audit.seals for each statement execute function audit.refuse_change();
