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

-- Entries are written in the order of their time, and their ids are an identity's.
alter table audit.entries drop constraint entries_pkey;
create index entries_at on audit.entries using brin (at) with (autosummarize = on);
