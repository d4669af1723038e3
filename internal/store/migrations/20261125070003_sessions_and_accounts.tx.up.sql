-- Tokens that a session had before it got a new one. One that is used after its grace means that somebody has a copy.
CREATE TABLE spent_tokens (
  token_hash      bytea PRIMARY KEY,
  session_id      bigint NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  spent_at        timestamptz NOT NULL
);
CREATE INDEX spent_tokens_session ON spent_tokens (session_id, spent_at DESC);

-- The first payout to an account that has become the default waits until then; NULL: no wait.
ALTER TABLE bank_accounts ADD COLUMN payable_from timestamptz;
