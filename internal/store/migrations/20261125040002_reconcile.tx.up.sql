-- A copy of the gateway's books, as far as they are about us, and where they and ours disagree. The records are only what is needed to
-- compare: no names, no accounts.
CREATE TABLE gateway_records (
  kind            text NOT NULL CHECK (kind IN ('transfer', 'charge', 'refund')),
  gateway_id      text NOT NULL,            -- the gateway's number
  reference       text NOT NULL,            -- ours; of a refund the charge's
  note            text NOT NULL DEFAULT '', -- ours of a refund
  amount          bigint NOT NULL,          -- kobo
  fee             bigint NOT NULL,          -- kobo, by the gateway's word
  fee_booked      bigint NOT NULL DEFAULT 0,-- kobo, of that in our ledger
  currency        text NOT NULL,
  status          text NOT NULL,
  outcome         text NOT NULL,
  happened_at     timestamptz NOT NULL,
  seen_at         timestamptz NOT NULL,     -- the last run that saw it
  PRIMARY KEY (kind, gateway_id)
);
CREATE INDEX gateway_records_reference ON gateway_records (reference);
CREATE INDEX gateway_records_note ON gateway_records (note) WHERE note <> '';
CREATE INDEX gateway_records_happened ON gateway_records (happened_at);

CREATE TABLE gateway_movements (
  id              text PRIMARY KEY,         -- the gateway's number of the entry of its ledger
  kind            text NOT NULL,            -- as gateway_records; 'other' for what is none of them
  gateway_id      text NOT NULL,            -- of the record that caused it
  difference      bigint NOT NULL,          -- kobo, signed
  balance_after   bigint NOT NULL,
  currency        text NOT NULL,
  happened_at     timestamptz NOT NULL
);
CREATE INDEX gateway_movements_record ON gateway_movements (kind, gateway_id);
CREATE INDEX gateway_movements_happened ON gateway_movements (happened_at);

CREATE TABLE reconcile_runs (
  id              bigint PRIMARY KEY,
  since           timestamptz,              -- NULL: from the beginning
  started_at      timestamptz NOT NULL,
  finished_at     timestamptz,
  records         integer NOT NULL DEFAULT 0,
  movements       integer NOT NULL DEFAULT 0,
  matched         integer NOT NULL DEFAULT 0,
  found           integer NOT NULL DEFAULT 0
);
CREATE INDEX reconcile_runs_finished ON reconcile_runs (finished_at DESC) WHERE finished_at IS NOT NULL;

CREATE TABLE reconcile_breaks (
  id              bigint PRIMARY KEY,
  kind            text NOT NULL CHECK (kind IN ('missing_ours', 'missing_theirs', 'amount', 'currency', 'status', 'duplicate')),
  object          text NOT NULL CHECK (object IN ('transfer', 'charge', 'refund', 'movement')),
  reference       text NOT NULL,            -- ours; of a refund its note; of a movement the gateway's number
  ours            bigint NOT NULL,          -- kobo; 0 where there is none
  theirs          bigint NOT NULL,
  detail          text NOT NULL,            -- in words, without personal data
  happened_at     timestamptz NOT NULL,     -- when the thing it is about was made
  first_seen_at   timestamptz NOT NULL,
  last_seen_at    timestamptz NOT NULL,
  state           smallint NOT NULL DEFAULT 0 CHECK (state IN (0, 1, 2)), -- 0 open, 1 matched by itself, 2 resolved by a person
  resolved_by     bigint REFERENCES operators (id),
  reason          text NOT NULL DEFAULT '',
  concluded_at    timestamptz,
  CONSTRAINT reconcile_breaks_one_per_thing UNIQUE (object, reference, kind),
  CONSTRAINT reconcile_breaks_resolution CHECK ((state = 2) = (resolved_by IS NOT NULL))
);
CREATE INDEX reconcile_breaks_open ON reconcile_breaks (id) WHERE state = 0;
