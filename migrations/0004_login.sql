-- What a login needs when the customer's system is out of reach. Filled by the login path.

create schema if not exists login;

-- What a password is checked against when offline; made by a successful online login.
create table login.verifiers (
  source text not null,
  key text not null,
  verifier text not null,
  verified_at timestamptz not null,
  primary key (source, key),
  foreign key (source, key) references mirror.users on delete cascade
);

create table login.attempts (
  id bigint generated always as identity primary key,
  source text not null,
  subject bytea not null,
  at timestamptz not null,
  outcome text not null,
  basis text
);

create index attempts_subject on login.attempts (source, subject, at);

create table login.sessions (
  handle bytea primary key,
  source text not null,
  key text not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  foreign key (source, key) references mirror.users on delete cascade
);

create index sessions_subject on login.sessions (source, key);
