-- Coupons, fees for moving a due date, and the documents that can be checked by their code.

CREATE TABLE coupons (
  id              bigint PRIMARY KEY,
  brand           text NOT NULL REFERENCES brands (code),
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  amount          bigint NOT NULL CHECK (amount > 0),          -- kobo
  min_principal   bigint NOT NULL DEFAULT 0 CHECK (min_principal >= 0), -- kobo
  state           smallint NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 3), -- 1 available, 2 reserved, 3 redeemed; released is available again
  loan_id         bigint REFERENCES loans (id),
  discount        bigint NOT NULL DEFAULT 0 CHECK (discount >= 0 AND discount <= amount), -- what it paid for once redeemed, kobo
  granted_by      text NOT NULL,
  expires_at      timestamptz NOT NULL,     -- until when it can be reserved; a reserved one keeps
  created_at      timestamptz NOT NULL,
  reserved_at     timestamptz,
  released_at     timestamptz,              -- the last time a loan that had it came to nothing
  redeemed_at     timestamptz,
  CONSTRAINT coupons_of_a_loan CHECK ((state = 1) = (loan_id IS NULL))
);
CREATE UNIQUE INDEX coupons_one_per_loan ON coupons (loan_id) WHERE loan_id IS NOT NULL;
CREATE INDEX coupons_of_borrower ON coupons (borrower_id, id DESC);

ALTER TABLE loans ADD COLUMN coupon_id bigint REFERENCES coupons (id);

-- Kind 4 of payment_intents: the fee for moving a due date, paid at the gateway's page.
CREATE UNIQUE INDEX payment_intents_one_extension ON payment_intents (loan_id) WHERE kind = 4 AND state IN (0, 1);

ALTER TABLE payments ADD COLUMN to_extension bigint NOT NULL DEFAULT 0 CHECK (to_extension >= 0);
ALTER TABLE payments DROP CONSTRAINT payments_check;
ALTER TABLE payments ADD CONSTRAINT payments_parts CHECK (amount = to_penalty + to_service_fee + to_interest + to_principal + to_recovery + to_extension + to_credit);

-- Statements and letters that were given out. The code is a keyed hash of what the document says; no content is kept.
CREATE TABLE documents (
  code            text PRIMARY KEY,
  kind            smallint NOT NULL CHECK (kind BETWEEN 1 AND 2), -- 1 statement, 2 clearance letter
  brand           text NOT NULL REFERENCES brands (code),
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  loan_id         bigint NOT NULL REFERENCES loans (id),
  business_date   date NOT NULL,            -- of the document, in Lagos
  created_at      timestamptz NOT NULL
);
CREATE INDEX documents_loan ON documents (loan_id);
CREATE TRIGGER documents_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON documents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
