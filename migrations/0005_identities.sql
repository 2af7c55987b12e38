-- One person's roles, effective permissions and organizations with their path. A source answers after its first complete run.
-- Written with lateral joins so that a question about one person reads that person's links alone.

create view mirror.identities as
select
  u.source,
  u.key,
  u.id,
  u.username,
  u.status,
  u.email,
  u.display_name,
  s.last_complete_at as as_of,
  coalesce(r.roles, '[]'::jsonb) as roles,
  coalesce(p.permissions, '[]'::jsonb) as permissions,
  coalesce(o.organizations, '[]'::jsonb) as organizations
from mirror.users u
join sync.sources s on s.source = u.source and s.first_complete_at is not null and s.retired_at is null
left join lateral (
  select jsonb_agg(
    jsonb_build_object('key', ur.role_key, 'name', role.name, 'org', nullif(ur.org_key, ''), 'origin', ur.origin)
    order by role.name, ur.role_key, ur.org_key, ur.origin
  ) as roles
  from mirror.user_roles ur
  join mirror.roles role on role.source = ur.source and role.key = ur.role_key
  where ur.source = u.source and ur.user_key = u.key and ur.effective
) r on true
left join lateral (
  select jsonb_agg(jsonb_build_object('key', held.key, 'name', held.name, 'via', held.via) order by held.name, held.key) as permissions
  from (
    select rp.permission_key as key, permission.name, jsonb_agg(distinct ur.role_key) as via
    from mirror.user_roles ur
    join mirror.role_permissions rp on rp.source = ur.source and rp.role_key = ur.role_key and rp.effective
    join mirror.permissions permission on permission.source = rp.source and permission.key = rp.permission_key
    where ur.source = u.source and ur.user_key = u.key and ur.effective
    group by rp.permission_key, permission.name
  ) held
) p on true
left join lateral (
  select jsonb_agg(
    jsonb_build_object('key', belongs.org_key, 'name', org.name, 'path', to_jsonb(mirror.org_path(u.source, belongs.org_key)))
    order by org.name, belongs.org_key
  ) as organizations
  from (
    select distinct uo.org_key from mirror.user_orgs uo
    where uo.source = u.source and uo.user_key = u.key and uo.effective
  ) belongs
  join mirror.orgs org on org.source = u.source and org.key = belongs.org_key
) o on true
where u.tombstoned_at is null;
