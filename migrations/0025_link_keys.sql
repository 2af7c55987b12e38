-- The source second: whoever asks for the links of one record of one source gets them from one place. With the other end between
-- the two, PostgreSQL 18 expects to search for every value of that, and rather reads all links.
alter table mirror.user_roles
  drop constraint user_roles_pkey,
  add primary key (user_key, source, role_key, org_key, origin, owner_key);
alter table mirror.user_orgs
  drop constraint user_orgs_pkey,
  add primary key (user_key, source, org_key, origin, owner_key);
alter table mirror.role_permissions
  drop constraint role_permissions_pkey,
  add primary key (role_key, source, permission_key, origin, owner_key);
