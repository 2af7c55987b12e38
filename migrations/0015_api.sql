-- The API for applications: who may call it, the sessions it opened, and the keys that sign its tokens.

-- A key is shown once and kept as its SHA-256: 256 random bits cannot be guessed, and every request looks one up.
create table login.api_keys (
  id bigint generated always as identity primary key,
  name text not null,
  hash bytea not null unique,
  -- Of others it learns nothing, not even that they exist.
  sources text[] not null,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  valid_until timestamptz,
  revoked_at timestamptz,
  revoked_by text,
  -- To the minute: not every request is to write.
  used_at timestamptz
);

-- A name means one key at a time; a revoked one keeps its name, for the audit.
create unique index api_keys_name on login.api_keys (name) where revoked_at is null;

-- Nothing was ever written to it.
drop table login.sessions;

-- A handle is renewed with every use. `family` is the hash of the part that stays, `handle` of the whole that is good now and
-- `previous` of the one before: whoever brings an older one of the family holds a copy, and the session ends.
create table login.sessions (
  id uuid primary key,
  family bytea not null unique,
  handle bytea not null,
  previous bytea,
  renewed_at timestamptz not null default clock_timestamp(),
  source text not null,
  key text not null,
  api_key bigint not null references login.api_keys,
  basis text not null check (basis in ('live', 'mirror')),
  -- When the login's answer was true.
  as_of timestamptz not null,
  signed_in_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  constraint sessions_user foreign key (source, key) references mirror.users on update cascade on delete cascade
);

create index sessions_subject on login.sessions (source, key);
create index sessions_expiry on login.sessions (expires_at);

-- What a browser carries from the customer's sign-in to the application, which exchanges it within a minute, once.
create table login.sign_in_codes (
  code bytea primary key,
  source text not null,
  key text not null,
  -- PKCE (S256) of the application; null when it sent none.
  challenge text,
  expires_at timestamptz not null,
  constraint sign_in_codes_user foreign key (source, key) references mirror.users on update cascade on delete cascade
);

create index sign_in_codes_subject on login.sign_in_codes (source, key);

-- Private keys are sealed (JWE) with a secret that is not in this database.
create table login.signing_keys (
  kid text primary key,
  public jsonb not null,
  sealed text not null,
  signs_from timestamptz not null
);
