-- What a borrower tells us: profile, work, contacts, consents, accounts, cards; and the dictionaries the forms use.

CREATE TABLE profiles (
  borrower_id     bigint PRIMARY KEY REFERENCES borrowers (id),
  brand           text NOT NULL REFERENCES brands (code),
  bvn_index       bytea NOT NULL,
  sealed          bytea NOT NULL,           -- JSON: names, BVN, birthday, e-mail, address
  gender          smallint NOT NULL,
  city_code       text NOT NULL DEFAULT '',
  updated_at      timestamptz NOT NULL,
  CONSTRAINT profiles_one_per_bvn UNIQUE (brand, bvn_index)
);

CREATE TABLE work_infos (
  borrower_id       bigint PRIMARY KEY REFERENCES borrowers (id),
  employment_status smallint NOT NULL,
  income_code       text NOT NULL,
  pay_day           smallint NOT NULL DEFAULT 0,
  sealed            bytea NOT NULL,         -- JSON: company, position, address, phone
  updated_at        timestamptz NOT NULL
);

CREATE TABLE more_infos (
  borrower_id     bigint PRIMARY KEY REFERENCES borrowers (id),
  education       smallint NOT NULL DEFAULT 0,
  marital_status  smallint NOT NULL DEFAULT 0,
  children        smallint NOT NULL DEFAULT 0,
  residence_type  smallint NOT NULL DEFAULT 0,
  state_code      text NOT NULL DEFAULT '',
  sealed          bytea NOT NULL,           -- JSON: residence address
  updated_at      timestamptz NOT NULL
);

CREATE TABLE emergency_contacts (
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  position        smallint NOT NULL,
  relation        smallint NOT NULL,
  mobile_index    bytea NOT NULL,           -- who else names the same person
  sealed          bytea NOT NULL,           -- JSON: name, mobile
  updated_at      timestamptz NOT NULL,
  PRIMARY KEY (borrower_id, position),
  CONSTRAINT emergency_contacts_once UNIQUE (borrower_id, mobile_index)
);
CREATE INDEX emergency_contacts_mobile ON emergency_contacts (mobile_index);

CREATE TABLE user_settings (
  borrower_id     bigint PRIMARY KEY REFERENCES borrowers (id),
  language        text NOT NULL,
  push_enabled    boolean NOT NULL,
  updated_at      timestamptz NOT NULL
);

CREATE TABLE push_topics (
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  topic           text NOT NULL,
  platform        smallint NOT NULL,
  token_sealed    bytea NOT NULL,
  updated_at      timestamptz NOT NULL,
  PRIMARY KEY (borrower_id, topic)
);

CREATE TABLE consent_policies (
  brand           text NOT NULL REFERENCES brands (code),
  purpose         text NOT NULL,
  policy_version  text NOT NULL,
  title           text NOT NULL,
  content         text NOT NULL,
  required        boolean NOT NULL,
  effective_from  timestamptz NOT NULL,
  PRIMARY KEY (brand, purpose, policy_version)
);

-- A ledger of its own: only ever inserted into; the newest row of a purpose is what holds.
CREATE TABLE consents (
  id              bigint PRIMARY KEY,
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  purpose         text NOT NULL,
  policy_version  text NOT NULL,
  granted         boolean NOT NULL,
  created_at      timestamptz NOT NULL
);
CREATE INDEX consents_latest ON consents (borrower_id, purpose, id DESC);

CREATE TABLE banks (
  code            text PRIMARY KEY CHECK (code ~ '^[0-9A-Z]{3,6}$'),
  name            text NOT NULL,
  sort            integer NOT NULL DEFAULT 0,
  active          boolean NOT NULL DEFAULT true
);

CREATE TABLE cities (
  code            text PRIMARY KEY,
  name            text NOT NULL,
  state_code      text NOT NULL,
  state_name      text NOT NULL,
  sort            integer NOT NULL DEFAULT 0
);
CREATE INDEX cities_state ON cities (state_code, sort);

CREATE TABLE income_bands (
  code            text PRIMARY KEY,
  title           text NOT NULL,
  min_kobo        bigint NOT NULL CHECK (min_kobo >= 0),
  max_kobo        bigint CHECK (max_kobo >= min_kobo), -- NULL: open above
  sort            integer NOT NULL DEFAULT 0
);

CREATE TABLE bank_accounts (
  id              bigint PRIMARY KEY,
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  bank_code       text NOT NULL REFERENCES banks (code),
  bank_name       text NOT NULL,
  account_index   bytea NOT NULL,
  sealed          bytea NOT NULL,           -- JSON: account number, resolved account name
  name_score_bps  integer NOT NULL,
  recipient_code  text NOT NULL DEFAULT '',
  recipient_at    timestamptz,
  is_default      boolean NOT NULL,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  CONSTRAINT bank_accounts_one_per_number UNIQUE (borrower_id, account_index)
);
CREATE INDEX bank_accounts_number ON bank_accounts (account_index);
CREATE UNIQUE INDEX bank_accounts_one_default ON bank_accounts (borrower_id) WHERE is_default;

-- A card bound at the gateway. The card number never reaches us: only the gateway's token (sealed) and its masked digits.
CREATE TABLE cards (
  id              bigint PRIMARY KEY,
  borrower_id     bigint NOT NULL REFERENCES borrowers (id),
  bank_account_id bigint NOT NULL REFERENCES bank_accounts (id),
  sealed          bytea NOT NULL,           -- JSON: authorization code, e-mail it is bound to, masked number
  signature_index bytea NOT NULL,
  card_type       text NOT NULL DEFAULT '',
  exp_month       smallint NOT NULL DEFAULT 0,
  exp_year        smallint NOT NULL DEFAULT 0,
  active          boolean NOT NULL,
  created_at      timestamptz NOT NULL,
  CONSTRAINT cards_one_per_signature UNIQUE (borrower_id, signature_index)
);
CREATE UNIQUE INDEX cards_one_active ON cards (bank_account_id) WHERE active;
CREATE INDEX cards_borrower ON cards (borrower_id);
