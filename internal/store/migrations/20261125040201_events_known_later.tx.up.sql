-- When a parked event was taken up again because its reference had become known. That happens once.
ALTER TABLE gateway_events ADD COLUMN revived_at timestamptz;
