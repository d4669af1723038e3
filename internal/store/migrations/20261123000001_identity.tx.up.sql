-- Brands, borrowers, sessions, one-time codes, operations, limits. Personal values are sealed (bytea "…_sealed"); equality
-- look-ups go through keyed hashes ("…_index"). Nothing here can be read without the deployment's master key.

CREATE TABLE brands (
  code            text PRIMARY KEY CHECK (code ~ '^[A-Za-z0-9]{2,32}$'),
  name            text NOT NULL,
  indent_prefix   text NOT NULL UNIQUE CHECK (indent_prefix ~ '^[A-Z]{2,4}$'),
  daily_budget    bigint CHECK (daily_budget >= 0), -- kobo that may be approved a day in Lagos; NULL: no limit
  created_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE borrowers (
  id              bigint PRIMARY KEY,
  brand           text NOT NULL REFERENCES brands (code),
  mobile_index    bytea NOT NULL,
  mobile_sealed   bytea NOT NULL,
  password_hash   text NOT NULL,
  blocked_at      timestamptz,
  blocked_reason  text NOT NULL DEFAULT '',
  invite_code     text NOT NULL DEFAULT '', -- who brought the borrower here, as typed at registration
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  CONSTRAINT borrowers_one_per_mobile UNIQUE (brand, mobile_index)
);

-- A destroyed key (wrapped IS NULL) makes everything sealed for the borrower unreadable for ever.
CREATE TABLE borrower_keys (
  borrower_id     bigint PRIMARY KEY REFERENCES borrowers (id),
  wrapped         bytea,
  created_at      timestamptz NOT NULL,
  destroyed_at    timestamptz
);

CREATE TABLE sessions (
  id              bigint PRIMARY KEY,
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  token_hash      bytea NOT NULL UNIQUE,
  device_index    bytea,                    -- keyed hash of the app's name of the installation
  terminal        smallint NOT NULL DEFAULT 0,
  created_at      timestamptz NOT NULL,
  last_seen_at    timestamptz NOT NULL,
  idle_expires_at timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  revoked_at      timestamptz
);
CREATE INDEX sessions_borrower ON sessions (borrower_id, created_at DESC);
CREATE INDEX sessions_device ON sessions (device_index, borrower_id) WHERE device_index IS NOT NULL;

CREATE TABLE codes (
  id              bigint PRIMARY KEY,
  brand           text NOT NULL REFERENCES brands (code),
  mobile_index    bytea NOT NULL,
  purpose         smallint NOT NULL,
  code_mac        bytea NOT NULL,
  tries_left      smallint NOT NULL CHECK (tries_left >= 0),
  created_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  consumed_at     timestamptz
);
CREATE INDEX codes_latest ON codes (brand, mobile_index, purpose, id DESC);
CREATE INDEX codes_expiry ON codes (expires_at);

-- Outgoing texts: sealed while they wait, emptied when sent.
CREATE TABLE sms_messages (
  id              bigint PRIMARY KEY,
  brand           text NOT NULL REFERENCES brands (code),
  to_sealed       bytea,
  text_sealed     bytea,
  purpose         text NOT NULL,
  state           smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3), -- 0 waiting, 1 sent, 2 failed, 3 expired
  provider_ref    text NOT NULL DEFAULT '',
  created_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  finished_at     timestamptz
);
CREATE INDEX sms_messages_waiting ON sms_messages (expires_at) WHERE state = 0;

-- Rule 1: the row that claims an operation, in the same transaction as its first effect. Keys never expire.
CREATE TABLE operations (
  id              bigint PRIMARY KEY,
  scope           text NOT NULL,            -- 'borrower:<id>', or 'mobile:<index>' before there is a borrower
  kind            text NOT NULL,            -- the operation id
  key             text NOT NULL,            -- the client's Idempotency-Key
  params_hash     bytea NOT NULL,
  state           smallint NOT NULL DEFAULT 0 CHECK (state IN (0, 1)), -- 0 running, 1 done
  result_sealed   bytea,
  created_at      timestamptz NOT NULL,
  finished_at     timestamptz,
  CONSTRAINT operations_one_per_key UNIQUE (scope, kind, key)
);

-- GCRA: one row a limited subject; "tat" is the theoretical arrival time of the next conforming request.
CREATE UNLOGGED TABLE rate_limits (
  key             text PRIMARY KEY,
  tat             timestamptz NOT NULL
);
CREATE INDEX rate_limits_tat ON rate_limits (tat);

-- What a person must look at: mismatches, illegal transitions, stuck money.
CREATE TABLE alerts (
  id              bigint PRIMARY KEY,
  kind            text NOT NULL,
  subject         text NOT NULL,
  detail          text NOT NULL DEFAULT '',
  created_at      timestamptz NOT NULL,
  resolved_at     timestamptz,
  CONSTRAINT alerts_one_per_subject UNIQUE (kind, subject)
);
