-- The master key can be changed. The chain of the audit trail says from which place on it stands under which key.
ALTER TABLE audit_head ADD COLUMN epochs jsonb NOT NULL DEFAULT '[]'; -- [] until the first change; covered by mac

-- The names of keys that must not change unnoticed: a name tells nothing of its key. An index key that is another one finds nobody.
CREATE TABLE key_names (
  purpose         text PRIMARY KEY,
  name            bytea NOT NULL
);
