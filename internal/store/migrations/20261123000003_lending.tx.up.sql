-- Products, loans, decisions, payouts. loans.status is a wire code of the state table; the table of allowed moves below is
-- filled from the same Go data that the code uses, and the trigger refuses any other move.

CREATE TABLE products (
  id                 bigint NOT NULL,
  version            integer NOT NULL CHECK (version > 0),
  brand              text NOT NULL REFERENCES brands (code),
  terms              jsonb NOT NULL,        -- the whole product as internal/lending reads it; money in kobo
  effective_from     timestamptz NOT NULL,
  effective_to       timestamptz,
  policy_override    text NOT NULL DEFAULT '', -- why a product that breaks policy is sold all the same
  created_at         timestamptz NOT NULL,
  PRIMARY KEY (id, version)
);
CREATE INDEX products_on_sale ON products (brand, id, version DESC);

CREATE TABLE rule_sets (
  brand           text NOT NULL REFERENCES brands (code),
  version         integer NOT NULL CHECK (version > 0),
  rules           jsonb NOT NULL,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (brand, version)
);

-- Black and white lists by keyed hash of a BVN, mobile number, account or device.
CREATE TABLE listed_subjects (
  brand           text NOT NULL REFERENCES brands (code),
  list            text NOT NULL CHECK (list IN ('black', 'white')),
  kind            text NOT NULL CHECK (kind IN ('bvn', 'mobile', 'account', 'device')),
  subject_index   bytea NOT NULL,
  reason          text NOT NULL,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (brand, list, kind, subject_index)
);

CREATE TABLE loan_states (
  code            smallint PRIMARY KEY,
  name            text NOT NULL,
  is_open         boolean NOT NULL
);
CREATE TABLE loan_transitions (
  from_code       smallint NOT NULL REFERENCES loan_states (code),
  to_code         smallint NOT NULL REFERENCES loan_states (code),
  trigger         text NOT NULL,
  PRIMARY KEY (from_code, to_code)
);

CREATE SEQUENCE indent_numbers MINVALUE 0 MAXVALUE 999999 START 0 CYCLE;

CREATE TABLE loans (
  id                  bigint PRIMARY KEY,
  brand               text NOT NULL REFERENCES brands (code),
  borrower_id         bigint NOT NULL REFERENCES borrowers (id),
  indent_no           text NOT NULL UNIQUE,
  status              smallint NOT NULL REFERENCES loan_states (code),
  product_id          bigint NOT NULL,
  product_version     integer NOT NULL,
  -- the price as sold, in kobo and days; never recomputed
  principal           bigint NOT NULL CHECK (principal > 0),
  payout              bigint NOT NULL CHECK (payout > 0 AND payout <= principal),
  upfront_fee         bigint NOT NULL CHECK (upfront_fee >= 0),
  service_fee         bigint NOT NULL CHECK (service_fee >= 0),
  interest            bigint NOT NULL CHECK (interest >= 0),
  due                 bigint NOT NULL CHECK (due > 0 AND due <= principal + service_fee + interest), -- below the sum: a discount at the sale
  term_days           integer NOT NULL CHECK (term_days > 0),
  conditions          jsonb NOT NULL,       -- lending.Conditions of the product version as sold
  -- running totals by component, in kobo; every one can be recomputed from the ledger
  -- charged: owed ever: principal, fees and interest at payout, penalty as it accrues
  charged_principal   bigint NOT NULL DEFAULT 0 CHECK (charged_principal >= 0),
  charged_service_fee bigint NOT NULL DEFAULT 0 CHECK (charged_service_fee >= 0),
  charged_interest    bigint NOT NULL DEFAULT 0 CHECK (charged_interest >= 0),
  charged_penalty     bigint NOT NULL DEFAULT 0 CHECK (charged_penalty >= 0),
  -- paid: paid by the borrower, before a write-off
  paid_principal      bigint NOT NULL DEFAULT 0 CHECK (paid_principal >= 0),
  paid_service_fee    bigint NOT NULL DEFAULT 0 CHECK (paid_service_fee >= 0),
  paid_interest       bigint NOT NULL DEFAULT 0 CHECK (paid_interest >= 0),
  paid_penalty        bigint NOT NULL DEFAULT 0 CHECK (paid_penalty >= 0),
  -- waived: forgiven by an operator
  waived_principal    bigint NOT NULL DEFAULT 0 CHECK (waived_principal >= 0),
  waived_service_fee  bigint NOT NULL DEFAULT 0 CHECK (waived_service_fee >= 0),
  waived_interest     bigint NOT NULL DEFAULT 0 CHECK (waived_interest >= 0),
  waived_penalty      bigint NOT NULL DEFAULT 0 CHECK (waived_penalty >= 0),
  -- coupon: taken over by a coupon
  coupon_principal    bigint NOT NULL DEFAULT 0 CHECK (coupon_principal >= 0),
  coupon_service_fee  bigint NOT NULL DEFAULT 0 CHECK (coupon_service_fee >= 0),
  coupon_interest     bigint NOT NULL DEFAULT 0 CHECK (coupon_interest >= 0),
  coupon_penalty      bigint NOT NULL DEFAULT 0 CHECK (coupon_penalty >= 0),
  -- rebated: unearned interest given back
  rebated_principal   bigint NOT NULL DEFAULT 0 CHECK (rebated_principal >= 0),
  rebated_service_fee bigint NOT NULL DEFAULT 0 CHECK (rebated_service_fee >= 0),
  rebated_interest    bigint NOT NULL DEFAULT 0 CHECK (rebated_interest >= 0),
  rebated_penalty     bigint NOT NULL DEFAULT 0 CHECK (rebated_penalty >= 0),
  -- written_off: given up as lost
  written_off_principal bigint NOT NULL DEFAULT 0 CHECK (written_off_principal >= 0),
  written_off_service_fee bigint NOT NULL DEFAULT 0 CHECK (written_off_service_fee >= 0),
  written_off_interest bigint NOT NULL DEFAULT 0 CHECK (written_off_interest >= 0),
  written_off_penalty bigint NOT NULL DEFAULT 0 CHECK (written_off_penalty >= 0),
  -- reversed: cancelled because the payout came back
  reversed_principal  bigint NOT NULL DEFAULT 0 CHECK (reversed_principal >= 0),
  reversed_service_fee bigint NOT NULL DEFAULT 0 CHECK (reversed_service_fee >= 0),
  reversed_interest   bigint NOT NULL DEFAULT 0 CHECK (reversed_interest >= 0),
  reversed_penalty    bigint NOT NULL DEFAULT 0 CHECK (reversed_penalty >= 0),
  recovered           bigint NOT NULL DEFAULT 0 CHECK (recovered >= 0),
  extension_count     integer NOT NULL DEFAULT 0,
  penalty_through     date,                 -- the last business date whose penalty is charged
  anchor_date         date,                 -- the last event other than a daily run, and the penalty charged by then
  anchor_penalty      bigint NOT NULL DEFAULT 0,
  -- decision and people
  apply_terminal      smallint NOT NULL,
  prior_loans         integer NOT NULL,
  risk_status         smallint NOT NULL DEFAULT 0 CHECK (risk_status BETWEEN -1 AND 2),
  risk_reason         text NOT NULL DEFAULT '',
  risk_detail         text NOT NULL DEFAULT '',
  risk_at             timestamptz,
  reviewer_id         bigint NOT NULL DEFAULT 0,
  review_reason       text NOT NULL DEFAULT '',
  reviewed_at         timestamptz,
  payer_id            bigint NOT NULL DEFAULT 0,
  bank_account_id     bigint NOT NULL REFERENCES bank_accounts (id),
  snapshot_sealed     bytea NOT NULL,       -- JSON: names, mobile, masked BVN, account, masked card as at application
  head_image          uuid NOT NULL,
  -- instants and the due date (Africa/Lagos)
  created_at          timestamptz NOT NULL,
  updated_at          timestamptz NOT NULL,
  approved_at         timestamptz,
  disbursed_at        timestamptz,
  due_at              timestamptz,
  first_due_at        timestamptz,
  due_date            date,
  last_paid_at        timestamptz,
  closed_at           timestamptz,
  FOREIGN KEY (product_id, product_version) REFERENCES products (id, version),
  CONSTRAINT loans_outstanding_not_negative CHECK (
    charged_principal >= paid_principal + waived_principal + coupon_principal + rebated_principal + written_off_principal + reversed_principal AND
    charged_service_fee >= paid_service_fee + waived_service_fee + coupon_service_fee + rebated_service_fee + written_off_service_fee + reversed_service_fee AND
    charged_interest >= paid_interest + waived_interest + coupon_interest + rebated_interest + written_off_interest + reversed_interest)
) WITH (fillfactor = 85); -- room on the page for the next version of a row: the daily run changes no indexed column
-- One open loan a borrower and brand: the constraint has the last word, whatever the code believed.
CREATE UNIQUE INDEX loans_one_open ON loans (brand, borrower_id) WHERE status IN (1, 2, 3, 4, 5, 21);
CREATE INDEX loans_of_borrower ON loans (borrower_id, id DESC);
CREATE INDEX loans_due ON loans (due_date, id) WHERE status IN (5, 21);
CREATE INDEX loans_waiting ON loans (status, updated_at) WHERE status IN (1, 2, 3, 4);
CREATE INDEX loans_latest_payouts ON loans (brand, disbursed_at DESC) WHERE disbursed_at IS NOT NULL;
CREATE INDEX loans_approved ON loans (brand, approved_at) WHERE approved_at IS NOT NULL;

CREATE TABLE loan_events (
  id              bigint PRIMARY KEY,
  loan_id         bigint NOT NULL REFERENCES loans (id),
  from_code       smallint,
  to_code         smallint NOT NULL,
  trigger         text NOT NULL,
  actor           text NOT NULL,
  at              timestamptz NOT NULL
);
CREATE INDEX loan_events_loan ON loan_events (loan_id, id);

CREATE FUNCTION loans_check_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 1 THEN
      RAISE EXCEPTION 'a loan begins as submitted (1), not %', NEW.status USING ERRCODE = '23514', CONSTRAINT = 'loans_transition';
    END IF;
  ELSIF NEW.status <> OLD.status AND NOT EXISTS (
    SELECT 1 FROM loan_transitions t WHERE t.from_code = OLD.status AND t.to_code = NEW.status) THEN
    RAISE EXCEPTION 'loan % may not move from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = '23514', CONSTRAINT = 'loans_transition';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER loans_transition BEFORE INSERT OR UPDATE OF status ON loans FOR EACH ROW EXECUTE FUNCTION loans_check_transition();

CREATE TABLE decisions (
  id               bigint PRIMARY KEY,
  loan_id          bigint NOT NULL UNIQUE REFERENCES loans (id),
  rule_set_version integer NOT NULL,
  snapshot_sealed  bytea NOT NULL,
  outcome          text NOT NULL,
  reasons          jsonb NOT NULL,
  created_at       timestamptz NOT NULL
);

CREATE TABLE images (
  code            uuid PRIMARY KEY,
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  loan_id         bigint REFERENCES loans (id),
  kind            smallint NOT NULL,        -- 1 selfie, 2 document
  content_type    text NOT NULL,
  size            integer NOT NULL CHECK (size > 0),
  width           integer NOT NULL,
  height          integer NOT NULL,
  blob_key        text NOT NULL UNIQUE,
  created_at      timestamptz NOT NULL
);
CREATE INDEX images_borrower ON images (borrower_id, created_at DESC);

-- A transfer to a borrower. The reference is minted and committed before the gateway hears of it, and never changes.
CREATE TABLE payouts (
  id              bigint PRIMARY KEY,
  loan_id         bigint NOT NULL REFERENCES loans (id),
  attempt         smallint NOT NULL,
  reference       text NOT NULL UNIQUE,
  amount          bigint NOT NULL CHECK (amount > 0),
  bank_account_id bigint NOT NULL REFERENCES bank_accounts (id),
  recipient_code  text NOT NULL,
  state           smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 4), -- 0 created, 1 sent, 2 succeeded, 3 failed, 4 reversed
  gateway_status  text NOT NULL DEFAULT '',
  sends           integer NOT NULL DEFAULT 0, -- how often the transfer was sent; counted before each call, so that one sender wins
  sent_at         timestamptz,                -- the last of them
  checks          integer NOT NULL DEFAULT 0,
  next_check_at   timestamptz,                -- a payout that succeeded is still watched for a while: it may come back
  created_at      timestamptz NOT NULL,
  concluded_at    timestamptz,
  CONSTRAINT payouts_one_per_attempt UNIQUE (loan_id, attempt)
);
CREATE UNIQUE INDEX payouts_one_open ON payouts (loan_id) WHERE state IN (0, 1);
CREATE INDEX payouts_to_check ON payouts (next_check_at) WHERE next_check_at IS NOT NULL;
