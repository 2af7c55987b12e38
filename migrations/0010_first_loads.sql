-- The write path of first loads: what each row costs in indexes, and how names are compared.

-- Nobody asks for all entries of a run.
drop index audit.entries_run;

-- Whoever asks for the entries of a person asks for a key, and few have the same one.
drop index audit.entries_subject;
create index entries_subject on audit.entries using hash (key);

-- The names that a source's roles have and had.
create index entries_of_roles on audit.entries (source) where entity = 'roles';

-- Whoever asks who held a role reads most of the pages that name it anyway; a role that few hold is on few of them.
drop index audit.entries_related;
create index entries_related on audit.entries using brin (source, related text_bloom_ops) with (autosummarize = on)
  where related <> '';

-- What is all ASCII, and so the same in NFC, is compared without ICU: the same results, sooner. Not strict, or it could not be
-- inlined where it is used.
create or replace function mirror.canonical(name text) returns text
  language sql immutable parallel safe called on null input
  return case when octet_length(name) = char_length(name) then lower(name collate "C") collate "default"
              else normalize(lower(normalize(name, NFC) collate "und-x-icu"), NFC) collate "default" end;

-- Lays stretches of digests into chunks, one each, beginning at a slot. What a chunk held under another fingerprint is void.
create function sync.lay_digests(
  of_source text, of_entity text, of_fingerprint text, chunks bigint[], first_slots integer[], stretches bytea[]
) returns void
  language plpgsql as $$
declare
  none constant bytea := decode(repeat('00', 16384), 'hex');
  held bytea;
begin
  for i in 1 .. cardinality(chunks) loop
    select d.packed into held from sync.digests d
    where d.source = of_source and d.entity = of_entity and d.chunk = chunks[i] and d.fingerprint = of_fingerprint;
    held := overlay(coalesce(held, none) placing stretches[i] from first_slots[i] * 16 + 1);
    insert into sync.digests (source, entity, chunk, fingerprint, packed)
    values (of_source, of_entity, chunks[i], of_fingerprint, held)
    on conflict (source, entity, chunk) do update set fingerprint = excluded.fingerprint, packed = excluded.packed;
  end loop;
end
$$;

-- The bits with those at the places given cleared; numbered as by `get_bit`.
create function sync.without_bits(bits bytea, places integer[]) returns bytea
  language plpgsql immutable parallel safe as $$
begin
  for i in 1 .. cardinality(places) loop
    bits := set_bit(bits, places[i], 0);
  end loop;
  return bits;
end
$$;
