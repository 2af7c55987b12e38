-- How pages were cut that a run met: where their list stands, and the digests of their records. It follows from the bytes of a
-- page alone, so it may be lost without harm and is never wrong; a page met again is neither cut nor parsed.

create table sync.pages (
  source text not null,
  stream text not null,
  -- Digest of the page.
  page bytea not null,
  -- Bytes at which the list begins and ends.
  begins integer not null,
  ends integer not null,
  -- 16 bytes a record, in the order of the page.
  digests bytea not null,
  primary key (source, stream, page)
);

-- Random already.
alter table sync.pages alter column digests set storage external;
