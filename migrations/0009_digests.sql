-- Digests of raw records whose mapping the mirror equals, packed: nobody asks for one alone, and a row a record would cost as much
-- as the record.

drop table sync.digests;

-- One row holds the digests of the 1,024 records of an entity whose local ids lie in its chunk (id / 1024), 16 bytes each at
-- (id % 1024) * 16; zeros where there is none: no such record, or one that must be looked at again.
create table sync.digests (
  source text not null,
  entity text not null,
  chunk bigint not null,
  -- Of all that decides what a record becomes; the digests hold under it alone.
  fingerprint text not null,
  packed bytea not null,
  primary key (source, entity, chunk)
);

-- Random already.
alter table sync.digests alter column packed set storage external;

-- Lays digests into a chunk; null takes one away. What the chunk held under another fingerprint is void. Without a fingerprint
-- digests are only taken away.
create function sync.put_digests(
  of_source text, of_entity text, of_fingerprint text, of_chunk bigint, slots integer[], digests bytea[]
) returns void
  language plpgsql as $$
declare
  none constant bytea := decode(repeat('00', 16), 'hex');
  held bytea;
begin
  select d.packed into held from sync.digests d
  where d.source = of_source and d.entity = of_entity and d.chunk = of_chunk
    and (of_fingerprint is null or d.fingerprint = of_fingerprint);
  if not found then
    if of_fingerprint is null then return; end if;
    held := decode(repeat('00', 16384), 'hex');
  end if;
  for i in 1 .. cardinality(slots) loop
    held := overlay(held placing coalesce(digests[i], none) from slots[i] * 16 + 1);
  end loop;
  if of_fingerprint is null then
    update sync.digests d set packed = held where d.source = of_source and d.entity = of_entity and d.chunk = of_chunk;
  else
    insert into sync.digests (source, entity, chunk, fingerprint, packed)
    values (of_source, of_entity, of_chunk, of_fingerprint, held)
    on conflict (source, entity, chunk) do update set fingerprint = excluded.fingerprint, packed = excluded.packed;
  end if;
end
$$;
