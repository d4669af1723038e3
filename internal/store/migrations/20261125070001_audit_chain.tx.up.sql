-- The audit trail as a chain. An entry carries a keyed hash of what it says from the moment it is written; a singleton gives it a
-- place in the chain, and the head says where the chain ends. The key is not in the database, so whoever can write to the database
-- cannot forge any of the three.

ALTER TABLE audit_trail ADD COLUMN mac bytea; -- NULL: written before there was one; sealed as it was found

CREATE TABLE audit_seals (
  seq             bigint PRIMARY KEY,       -- 1, 2, 3, without a gap
  entry_id        bigint NOT NULL UNIQUE REFERENCES audit_trail (id),
  hash            bytea NOT NULL,           -- over the hash before it and what the entry says
  sealed_at       timestamptz NOT NULL
);
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One row: its lock makes one process at a time the sealer.
CREATE TABLE audit_head (
  one             boolean PRIMARY KEY DEFAULT true CHECK (one),
  seq             bigint NOT NULL,
  hash            bytea NOT NULL,
  unsigned        bigint NOT NULL,          -- so many entries at the beginning may have no hash of their own: they are older than the chain
  mac             bytea NOT NULL            -- over the three above
);
