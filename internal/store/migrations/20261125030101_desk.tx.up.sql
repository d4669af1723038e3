-- Alerts know whose they are, and coupons can be taken back.

-- NULL: about the deployment itself, or a payment that nobody knows.
ALTER TABLE alerts ADD COLUMN brand text REFERENCES brands (code);
UPDATE alerts a SET brand = i.brand FROM payment_intents i WHERE i.reference = a.subject;
UPDATE alerts a SET brand = l.brand FROM payouts p JOIN loans l ON l.id = p.loan_id WHERE p.reference = a.subject;
UPDATE alerts a SET brand = b.brand FROM refunds r JOIN borrowers b ON b.id = r.borrower_id WHERE a.kind LIKE 'refund%' AND a.subject = r.id::text;
UPDATE alerts a SET brand = b.code FROM brands b WHERE a.brand IS NULL AND (a.subject = b.code OR a.subject LIKE b.code || '/%');
CREATE INDEX alerts_open ON alerts (brand, id) WHERE resolved_at IS NULL;

-- 4: withdrawn by an operator.
ALTER TABLE coupons ADD COLUMN withdrawn_at timestamptz;
ALTER TABLE coupons DROP CONSTRAINT coupons_state_check;
ALTER TABLE coupons ADD CONSTRAINT coupons_state_check CHECK (state BETWEEN 1 AND 4);
ALTER TABLE coupons DROP CONSTRAINT coupons_of_a_loan;
ALTER TABLE coupons ADD CONSTRAINT coupons_of_a_loan CHECK ((state IN (1, 4)) = (loan_id IS NULL));
ALTER TABLE coupons ADD CONSTRAINT coupons_withdrawn CHECK ((state = 4) = (withdrawn_at IS NOT NULL));
