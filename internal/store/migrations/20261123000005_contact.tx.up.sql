-- What borrowers read from us, and what their devices report.

-- Messages are numbered from 1 a borrower, and from 1 a borrower and type: a page is a range of numbers, as fast at the end as
-- at the start, and the total is the last number given.
CREATE TABLE messages (
  id              bigint PRIMARY KEY,
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  type            smallint NOT NULL CHECK (type BETWEEN 1 AND 9),
  number          bigint NOT NULL,
  type_number     bigint NOT NULL,
  title           text NOT NULL,
  content         text NOT NULL,
  dedupe_key      text NOT NULL,
  read_at         timestamptz,
  created_at      timestamptz NOT NULL,
  CONSTRAINT messages_once UNIQUE (borrower_id, dedupe_key),
  CONSTRAINT messages_numbered UNIQUE (borrower_id, number),
  CONSTRAINT messages_numbered_by_type UNIQUE (borrower_id, type, type_number)
);

CREATE TABLE message_counters (
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  type            smallint NOT NULL,        -- 0: all types together; its row is the lock of a borrower's messages
  total           bigint NOT NULL CHECK (total >= 0),
  PRIMARY KEY (borrower_id, type)
);

CREATE TABLE message_templates (
  brand           text NOT NULL REFERENCES brands (code),
  event           text NOT NULL,
  language        text NOT NULL,
  type            smallint NOT NULL CHECK (type BETWEEN 1 AND 9),
  title           text NOT NULL,
  content         text NOT NULL,
  PRIMARY KEY (brand, event, language)
);

CREATE TABLE questions (
  id              bigint PRIMARY KEY,
  brand           text NOT NULL REFERENCES brands (code),
  category        text NOT NULL,
  title           text NOT NULL,
  answer          text NOT NULL,
  sort            integer NOT NULL DEFAULT 0,
  active          boolean NOT NULL DEFAULT true
);
CREATE INDEX questions_brand ON questions (brand, sort);

CREATE TABLE support_phones (
  id              bigint PRIMARY KEY,
  brand           text NOT NULL REFERENCES brands (code),
  title           text NOT NULL,
  phone           text NOT NULL,
  opening_hours   text NOT NULL,
  sort            integer NOT NULL DEFAULT 0
);
CREATE INDEX support_phones_brand ON support_phones (brand, sort);

CREATE TABLE support_emails (
  brand           text PRIMARY KEY REFERENCES brands (code),
  title           text NOT NULL,
  email           text NOT NULL
);

CREATE TABLE devices (
  session_id      bigint PRIMARY KEY REFERENCES sessions (id),
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  device_index    bytea NOT NULL,
  sealed          bytea NOT NULL,           -- JSON: model, OS, app version, screen
  updated_at      timestamptz NOT NULL
);
CREATE INDEX devices_index ON devices (device_index);
CREATE INDEX devices_borrower ON devices (borrower_id);

CREATE TABLE device_activity (
  id              bigint PRIMARY KEY,
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  event           smallint NOT NULL,
  app_version     text NOT NULL DEFAULT '',
  happened_at     timestamptz NOT NULL,
  created_at      timestamptz NOT NULL
);
CREATE INDEX device_activity_borrower ON device_activity (borrower_id, id DESC);

-- Coarse (two decimals, about 1.1 km) and short-lived; wifi identifiers only as keyed hashes.
CREATE TABLE device_locations (
  id              bigint PRIMARY KEY,
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  sealed          bytea NOT NULL,
  wifi_indexes    bytea[] NOT NULL,
  created_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL
);
CREATE INDEX device_locations_expiry ON device_locations (expires_at);

-- Only counts, and only where a deployment's policy allows the upload at all.
CREATE TABLE harvest_counts (
  id              bigint PRIMARY KEY,
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  kind            smallint NOT NULL CHECK (kind IN (1, 2)), -- 1 address book, 2 short messages
  entries         integer NOT NULL,
  created_at      timestamptz NOT NULL
);

CREATE TABLE ad_sources (
  borrower_id     bigint PRIMARY KEY REFERENCES borrowers (id),
  source          text NOT NULL,
  campaign        text NOT NULL DEFAULT '',
  ad_group        text NOT NULL DEFAULT '',
  creative        text NOT NULL DEFAULT '',
  click_id        text NOT NULL DEFAULT '',
  installed_at    timestamptz,
  created_at      timestamptz NOT NULL
);

CREATE TABLE loan_clicks (
  id              bigint PRIMARY KEY,
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  product_id      bigint NOT NULL,
  event           smallint NOT NULL,
  page            text NOT NULL DEFAULT '',
  happened_at     timestamptz NOT NULL,
  created_at      timestamptz NOT NULL
);
