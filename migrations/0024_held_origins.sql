-- Who states a link that is held: without it, two lists that state the same one look like one list that says it twice, and whoever
-- lets a removal through cannot tell which of them it is taken from.
alter table sync.held_changes add column origin text not null default '';

comment on column sync.held_changes.origin is 'Of a link, as in the tables of links; empty of a record, and of what was held before it was kept.';
