-- A drop that is told of a time to come, by the database's clock, was made while that clock was ahead, or it is behind now: what was
-- dropped may have been old enough, and nothing proves it. That is not the same as a list that does not fit. A clock that was ahead sealed
-- it, too: one whose seal was made before it was told, or that has none, was told by somebody else, and is no better than such a list.
create or replace view audit.told_drops as
select entry, before, ids, fits and before <= least(at, now()) - interval '12 months' as holds,
       fits and before <= at - interval '12 months' and before > now() - interval '12 months'
         and coalesce((select sealed_at from audit.seals where last_entry >= entry order by number limit 1) >= at, false) as is_to_come
from (
  select d.entry, d.before, d.ids, coalesce(e.at, '-infinity') as at,
         coalesce(e.entity = 'retention' and e.new ->> 'ids' = encode(sha256(multirange_send(d.ids)), 'hex')
           and (e.new ->> 'before')::timestamptz = d.before, false) as fits
  from audit.drops d left join audit.entries e on e.id = d.entry
) told;
