-- What the gateway's ledger of our balance had before an entry: the balance of the entry below it in the gateway's own list. NULL where
-- nobody has seen that one. before + difference is the balance after, or a movement is missing there or was changed.
ALTER TABLE gateway_movements ADD COLUMN balance_before bigint;
ALTER TABLE reconcile_breaks DROP CONSTRAINT reconcile_breaks_kind_check,
  ADD CONSTRAINT reconcile_breaks_kind_check CHECK (kind IN ('missing_ours', 'missing_theirs', 'amount', 'currency', 'status', 'duplicate', 'balance'));
