-- The lender's staff: who they are, what they did, what waits for a second person, and the money that nobody has claimed.

-- One row a person; a person who comes back gets a new key on the same row, so that nobody is two people.
CREATE TABLE operators (
  id              bigint PRIMARY KEY,
  name            text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 80),
  role            text NOT NULL CHECK (role IN ('viewer', 'reviewer', 'collections', 'finance', 'admin')),
  brand           text REFERENCES brands (code), -- NULL: all brands
  key_hash        bytea NOT NULL UNIQUE,
  created_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  revoked_at      timestamptz
);

-- Who did what to what, and why. No personal data.
CREATE TABLE audit_trail (
  id              bigint PRIMARY KEY,
  operator_id     bigint REFERENCES operators (id), -- NULL: the command line
  operator_name   text NOT NULL,
  act             text NOT NULL,            -- the operation id
  subject         text NOT NULL,            -- kind:id
  brand           text NOT NULL DEFAULT '',
  changes         jsonb NOT NULL,           -- [{field, before, after}]
  reason          text NOT NULL,
  request_id      text NOT NULL,
  at              timestamptz NOT NULL
);
CREATE INDEX audit_trail_subject ON audit_trail (subject, id DESC);
CREATE INDEX audit_trail_operator ON audit_trail (operator_id, id DESC);
CREATE TRIGGER audit_trail_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_trail FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An act above a limit, waiting for a second person. The database, too, refuses one who decides on their own request.
CREATE TABLE approvals (
  id              bigint PRIMARY KEY,
  kind            text NOT NULL CHECK (kind IN ('waiver', 'write_off')),
  state           smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2), -- 0 pending, 1 approved, 2 declined
  brand           text NOT NULL REFERENCES brands (code),
  loan_id         bigint NOT NULL REFERENCES loans (id),
  amount          bigint NOT NULL CHECK (amount > 0), -- kobo, as asked for
  by_parts        boolean NOT NULL,         -- a waiver of the parts below, not of an amount to be split when it is approved
  principal       bigint NOT NULL DEFAULT 0 CHECK (principal >= 0),
  service_fee     bigint NOT NULL DEFAULT 0 CHECK (service_fee >= 0),
  interest        bigint NOT NULL DEFAULT 0 CHECK (interest >= 0),
  penalty         bigint NOT NULL DEFAULT 0 CHECK (penalty >= 0),
  reason          text NOT NULL,
  requested_by    bigint NOT NULL REFERENCES operators (id),
  requested_at    timestamptz NOT NULL,
  decided_by      bigint REFERENCES operators (id),
  decided_at      timestamptz,
  decision        text NOT NULL DEFAULT '',
  CONSTRAINT approvals_decided CHECK ((state = 0) = (decided_by IS NULL)),
  CONSTRAINT approvals_second_person CHECK (decided_by <> requested_by)
);
CREATE UNIQUE INDEX approvals_one_pending ON approvals (loan_id, kind) WHERE state = 0;

-- Who works on a review. A claim ends by itself.
CREATE TABLE review_claims (
  loan_id         bigint PRIMARY KEY REFERENCES loans (id),
  operator_id     bigint NOT NULL REFERENCES operators (id),
  claimed_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL
);

-- Payments at the gateway that no loan has, asked about and booked as unassigned receipts.
CREATE TABLE unmatched_receipts (
  id              bigint PRIMARY KEY,
  brand           text NOT NULL REFERENCES brands (code),
  reference       text NOT NULL UNIQUE,     -- the payment's at the gateway
  intent_id       bigint UNIQUE REFERENCES payment_intents (id), -- of ours; NULL: a reference that is not ours, until it is assigned
  quarantined     boolean NOT NULL,         -- a charge of ours, paid in another amount
  borrower_id     bigint REFERENCES borrowers (id),
  loan_id         bigint REFERENCES loans (id), -- asked for; once assigned, the loan that has it
  amount          bigint NOT NULL,          -- kobo
  asked           bigint,
  paid_at         timestamptz NOT NULL,
  state           smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2), -- 0 unmatched, 1 assigned, 2 void: no money is behind it
  recorded_at     timestamptz NOT NULL,
  assigned_by     bigint REFERENCES operators (id),
  assigned_at     timestamptz,
  CHECK (state = 2 OR amount > 0),
  CHECK ((state = 1) = (assigned_by IS NOT NULL)),
  CHECK (state <> 1 OR (intent_id IS NOT NULL AND loan_id IS NOT NULL))
);
CREATE INDEX unmatched_receipts_state ON unmatched_receipts (state, id DESC);
CREATE INDEX payment_intents_quarantined ON payment_intents (id) WHERE state = 6;
CREATE INDEX gateway_events_parked ON gateway_events (id) WHERE state = 2;

-- 5: a receipt that an operator assigned.
ALTER TABLE payment_intents DROP CONSTRAINT payment_intents_kind_check;
ALTER TABLE payment_intents ADD CONSTRAINT payment_intents_kind_check CHECK (kind BETWEEN 1 AND 5);
-- 3: a borrower's credit, given back by an operator; a charge may have several of those.
ALTER TABLE refunds DROP CONSTRAINT refunds_purpose_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_purpose_check CHECK (purpose BETWEEN 1 AND 3);
ALTER TABLE refunds DROP CONSTRAINT refunds_one_per_purpose;
CREATE UNIQUE INDEX refunds_one_per_purpose ON refunds (intent_id, purpose) WHERE purpose IN (1, 2);
CREATE INDEX refunds_intent ON refunds (intent_id);
CREATE INDEX refunds_borrower ON refunds (borrower_id);
CREATE INDEX ledger_postings_credit ON ledger_postings (borrower_id) WHERE account = 'borrower_credit';

ALTER TABLE listed_subjects ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY UNIQUE, ADD COLUMN added_by text NOT NULL DEFAULT '';

CREATE INDEX loans_payout_failed ON loans (id DESC) WHERE status IN (41, 42);
CREATE INDEX loans_written_off ON loans (id DESC) WHERE status = 51;
