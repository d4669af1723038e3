-- Which key-encryption key a borrower's data key is wrapped by, so that a rotation knows what is left to do.
ALTER TABLE borrower_keys ADD COLUMN kek_id bytea; -- NULL: wrapped before this was written down, or destroyed
