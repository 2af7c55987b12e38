-- What is remembered of the ways in which logins are checked with customers' systems. Times are the database's own.

-- Sign-ins by browser that were begun: whichever process hears the end of one takes its row away, so each ends once.
create table login.sign_ins (
  -- SHA-256 of the `state` that the identity provider gives back.
  state bytea primary key,
  source text not null,
  nonce text not null,
  -- PKCE, towards the identity provider.
  verifier text not null,
  return_to text not null,
  app_state text,
  app_challenge text,
  -- SHA-256 of the cookie that ties it to one browser.
  browser text not null,
  expires_at timestamptz not null
);

create index sign_ins_expiry on login.sign_ins (expires_at);

-- Tokens and assertions that are taken once, by the SHA-256 of what names them, for as long as they would be good.
create table login.used_tokens (
  source text not null,
  token bytea not null,
  expires_at timestamptz not null,
  primary key (source, token)
);

create index used_tokens_expiry on login.used_tokens (expires_at);

-- What OpenID providers said last, so that a process that starts while one is away knows its keys.
create table login.issuers (
  source text not null,
  issuer text not null,
  metadata jsonb not null,
  keys jsonb not null,
  fetched_at timestamptz not null,
  primary key (source, issuer)
);
