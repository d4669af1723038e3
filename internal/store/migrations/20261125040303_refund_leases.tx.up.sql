-- The right to ask the gateway for a refund ends by the database's clock, not by that of a process or of the business, and belongs to one
-- attempt. Rights that a process of the version before took by asked_at alone go on as they are.
ALTER TABLE refunds ADD COLUMN asks integer NOT NULL DEFAULT 0, ADD COLUMN ask_until timestamptz;
