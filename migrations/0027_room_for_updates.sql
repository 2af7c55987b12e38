-- A person who changes keeps their place: where there is room beside the old row, none of the table's indexes has to learn of the
-- new one. Room for one of some 25 people on a page is as much as nights need.
alter table mirror.users set (fillfactor = 95);
