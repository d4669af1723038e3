-- The daily run, and the virtual business clock of development.

-- One row a step and business date: how far the step has come. Each batch moves the cursor in its own transaction, so a run
-- that is killed goes on behind its last committed batch, and a finished step is never worked again.
CREATE TABLE daily_runs (
  step            text NOT NULL,
  business_date   date NOT NULL,            -- in Lagos
  after_date      date NOT NULL DEFAULT '0001-01-01', -- the cursor: the due date and id of the last loan looked at
  after_id        bigint NOT NULL DEFAULT 0,
  loans           bigint NOT NULL DEFAULT 0, -- acted on so far
  amount          bigint NOT NULL DEFAULT 0, -- kobo of penalty charged so far
  started_at      timestamptz NOT NULL,
  finished_at     timestamptz,
  PRIMARY KEY (step, business_date)
);

-- By how much development's business clock is ahead of the real one. Production never reads it.
CREATE TABLE business_clock (
  one             boolean PRIMARY KEY DEFAULT true CHECK (one),
  offset_seconds  bigint NOT NULL CHECK (offset_seconds BETWEEN 0 AND 315360000),
  changed_at      timestamptz NOT NULL DEFAULT now()
);
