-- A borrower's loans are numbered from 1 without a gap, in the order in which they were applied for: a page of them is a range of
-- numbers, and how many there are is the last number. Nothing is counted, and no loan before a page is touched. Loans are never deleted.
ALTER TABLE loans ADD COLUMN number integer;
UPDATE loans l SET number = n.number FROM (SELECT id, row_number() OVER (PARTITION BY borrower_id ORDER BY id) AS number FROM loans) n WHERE n.id = l.id;
ALTER TABLE loans ALTER COLUMN number SET NOT NULL;
CREATE UNIQUE INDEX loans_numbered ON loans (borrower_id, number);

CREATE OR REPLACE FUNCTION loans_check_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 1 THEN
      RAISE EXCEPTION 'a loan begins as submitted (1), not %', NEW.status USING ERRCODE = '23514', CONSTRAINT = 'loans_transition';
    END IF;
    IF NEW.number IS NULL THEN
      NEW.number := 1 + coalesce((SELECT max(l.number) FROM loans l WHERE l.borrower_id = NEW.borrower_id), 0);
    END IF;
  ELSIF NEW.status <> OLD.status AND NOT EXISTS (
    SELECT 1 FROM loan_transitions t WHERE t.from_code = OLD.status AND t.to_code = NEW.status) THEN
    RAISE EXCEPTION 'loan % may not move from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = '23514', CONSTRAINT = 'loans_transition';
  END IF;
  RETURN NEW;
END $$;
