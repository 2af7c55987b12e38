/** Opens a session of `$2` at `$1`, and the API key that it is of. */
export const SESSION = `
  with caller as (
    insert into login.api_keys (name, hash, sources, scopes, created_by)
    values (gen_random_uuid()::text, convert_to(gen_random_uuid()::text, 'UTF8'), array[$1], '{login}', 'ops@desk')
    returning id
  )
  insert into login.sessions (id, family, handle, source, key, api_key, basis, as_of, expires_at)
  select gen_random_uuid(), convert_to(gen_random_uuid()::text, 'UTF8'), 'h', $1, $2, id, 'live', now(), now() + interval '1 h'
  from caller`;
