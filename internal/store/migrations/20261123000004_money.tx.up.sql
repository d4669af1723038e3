-- The ledger (append-only, every batch sums to zero), charges at the gateway, payments, refunds, the gateway's events.

CREATE TABLE ledger_batches (
  id              bigint PRIMARY KEY,
  key             text NOT NULL UNIQUE,     -- the event's natural key: the same event is never posted twice
  kind            text NOT NULL,
  brand           text NOT NULL REFERENCES brands (code),
  borrower_id     bigint REFERENCES borrowers (id),
  loan_id         bigint REFERENCES loans (id),
  effective_at    timestamptz NOT NULL,
  business_date   date NOT NULL,            -- in Lagos, when the event took effect
  created_at      timestamptz NOT NULL
);
CREATE INDEX ledger_batches_loan ON ledger_batches (loan_id, id);

CREATE TABLE ledger_postings (
  id              bigint PRIMARY KEY,
  batch_id        bigint NOT NULL REFERENCES ledger_batches (id),
  account         text NOT NULL,
  borrower_id     bigint,
  loan_id         bigint,
  amount          bigint NOT NULL CHECK (amount <> 0) -- kobo; debit positive, credit negative
);
CREATE INDEX ledger_postings_batch ON ledger_postings (batch_id);
CREATE INDEX ledger_postings_loan ON ledger_postings (loan_id, account);
CREATE INDEX ledger_postings_borrower ON ledger_postings (borrower_id, account);

CREATE FUNCTION ledger_check_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE total numeric;
BEGIN
  SELECT sum(amount) INTO total FROM ledger_postings WHERE batch_id = NEW.batch_id;
  IF total <> 0 THEN
    RAISE EXCEPTION 'ledger batch % is off by % kobo', NEW.batch_id, total USING ERRCODE = '23514', CONSTRAINT = 'ledger_balanced';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_balanced AFTER INSERT ON ledger_postings DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION ledger_check_balanced();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
CREATE TRIGGER ledger_batches_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_batches FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_postings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_postings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consents_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON consents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER loan_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loan_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A charge we asked the gateway for, or let a borrower pay at its checkout. Money moves on no row's say but the gateway's.
CREATE TABLE payment_intents (
  id                bigint PRIMARY KEY,
  brand             text NOT NULL REFERENCES brands (code),
  borrower_id       bigint NOT NULL REFERENCES borrowers (id),
  kind              smallint NOT NULL CHECK (kind BETWEEN 1 AND 3), -- 1 repayment at checkout, 2 repayment by card, 3 card binding
  loan_id           bigint REFERENCES loans (id),
  bank_account_id   bigint REFERENCES bank_accounts (id),
  card_id           bigint REFERENCES cards (id),
  operation_id      bigint REFERENCES operations (id),
  reference         text NOT NULL UNIQUE,
  amount            bigint NOT NULL CHECK (amount > 0),
  state             smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 6),
    -- 0 created, 1 open, 2 paid, 3 failed, 4 superseded (still honoured when paid), 5 needs confirmation, 6 quarantined
  authorization_url text NOT NULL DEFAULT '',
  failure           text NOT NULL DEFAULT '',
  paid_amount       bigint NOT NULL DEFAULT 0,
  paid_at           timestamptz,
  checks            integer NOT NULL DEFAULT 0,
  next_check_at     timestamptz,
  created_at        timestamptz NOT NULL,
  expires_at        timestamptz NOT NULL,
  concluded_at      timestamptz,
  CHECK ((kind = 3) = (loan_id IS NULL))
);
CREATE UNIQUE INDEX payment_intents_one_checkout ON payment_intents (loan_id) WHERE kind = 1 AND state IN (0, 1);
CREATE UNIQUE INDEX payment_intents_one_card_charge ON payment_intents (loan_id) WHERE kind = 2 AND state IN (0, 1, 5);
CREATE UNIQUE INDEX payment_intents_one_binding ON payment_intents (bank_account_id) WHERE kind = 3 AND state IN (0, 1);
CREATE INDEX payment_intents_to_check ON payment_intents (next_check_at) WHERE state IN (0, 1, 4, 5);
CREATE INDEX payment_intents_borrower ON payment_intents (borrower_id, id DESC);

-- A payment as allocated. One row a paid intent.
CREATE TABLE payments (
  id              bigint PRIMARY KEY,
  loan_id         bigint NOT NULL REFERENCES loans (id),
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  intent_id       bigint NOT NULL UNIQUE REFERENCES payment_intents (id),
  amount          bigint NOT NULL CHECK (amount > 0),
  to_penalty      bigint NOT NULL DEFAULT 0,
  to_service_fee  bigint NOT NULL DEFAULT 0,
  to_interest     bigint NOT NULL DEFAULT 0,
  to_principal    bigint NOT NULL DEFAULT 0,
  to_recovery     bigint NOT NULL DEFAULT 0,
  to_credit       bigint NOT NULL DEFAULT 0,
  paid_at         timestamptz NOT NULL,
  created_at      timestamptz NOT NULL,
  CHECK (amount = to_penalty + to_service_fee + to_interest + to_principal + to_recovery + to_credit)
);
CREATE INDEX payments_loan ON payments (loan_id, id);

CREATE TABLE refunds (
  id              bigint PRIMARY KEY,
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  intent_id       bigint NOT NULL REFERENCES payment_intents (id),
  purpose         smallint NOT NULL CHECK (purpose BETWEEN 1 AND 2), -- 1 card binding, 2 overpayment
  amount          bigint NOT NULL CHECK (amount > 0),
  state           smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 4), -- 0 created, 1 accepted, 2 done, 3 failed, 4 needs attention
  gateway_ref     text NOT NULL DEFAULT '',
  asked_at        timestamptz,              -- when the gateway was last asked for it, written before the call: one caller at a time
  checks          integer NOT NULL DEFAULT 0,
  next_check_at   timestamptz,
  created_at      timestamptz NOT NULL,
  concluded_at    timestamptz,
  CONSTRAINT refunds_one_per_purpose UNIQUE (intent_id, purpose)
);
CREATE INDEX refunds_to_check ON refunds (next_check_at) WHERE state IN (0, 1, 4);

-- What the gateway told us, kept before it is acted on. The payload is not kept: only what names the thing to ask about.
CREATE TABLE gateway_events (
  id              bigint PRIMARY KEY,
  provider        text NOT NULL,
  digest          bytea NOT NULL UNIQUE,
  event           text NOT NULL,
  reference       text NOT NULL,
  status          text NOT NULL,
  state           smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2), -- 0 waiting, 1 applied, 2 parked (unknown reference)
  received_at     timestamptz NOT NULL,
  finished_at     timestamptz
);
CREATE INDEX gateway_events_waiting ON gateway_events (received_at) WHERE state = 0;
