-- What an operation was refused with is its answer too, for every repeat of its key: state 2.
ALTER TABLE operations DROP CONSTRAINT operations_state_check;
ALTER TABLE operations ADD CONSTRAINT operations_state_check CHECK (state IN (0, 1, 2)); -- 0 running, 1 done, 2 refused
ALTER TABLE operations ADD CONSTRAINT operations_over_has_result CHECK (state = 0 OR result_sealed IS NOT NULL);
