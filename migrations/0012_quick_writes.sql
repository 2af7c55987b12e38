-- What a first load pays for each link and each entry: half of it were indexes.

-- A key begins with what tells rows apart, and not with what most of them have in common: comparing ends sooner.
alter table mirror.user_roles
  drop constraint user_roles_pkey,
  add primary key (user_key, role_key, source, org_key, origin, owner_key);
alter table mirror.user_orgs
  drop constraint user_orgs_pkey,
  add primary key (user_key, org_key, source, origin, owner_key);
alter table mirror.role_permissions
  drop constraint role_permissions_pkey,
  add primary key (role_key, permission_key, source, origin, owner_key);

-- Who asks for the holders of what many hold reads most pages anyway; what few hold is on few of them.
drop index mirror.user_roles_role;
create index user_roles_role on mirror.user_roles
  using brin (source, role_key text_bloom_ops) with (autosummarize = on);
drop index mirror.user_orgs_org;
create index user_orgs_org on mirror.user_orgs
  using brin (source, org_key text_bloom_ops) with (autosummarize = on);
drop index mirror.role_permissions_permission;
create index role_permissions_permission on mirror.role_permissions
  using brin (source, permission_key text_bloom_ops) with (autosummarize = on);

-- Entries are written in the order of their time, and their ids are an identity's.
alter table audit.entries drop constraint entries_pkey;
create index entries_at on audit.entries using brin (at) with (autosummarize = on);
