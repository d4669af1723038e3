package store

import "context"

// RaiseAlert leaves a note for a person about the deployment itself, or about what no brand has. See RaiseBrandAlert.
func (t *Tx) RaiseAlert(ctx context.Context, kind, subject, detail string) error {
	return t.RaiseBrandAlert(ctx, "", kind, subject, detail)
}

// RaiseBrandAlert leaves a note for a person about something of a brand: kind is what is wrong, subject what it is wrong with (ids
// only, no personal data). Raised again while it is open it changes nothing; raised after it was resolved it is open again, with the
// new detail. A brand that does not exist is none: a note must not fail.
func (t *Tx) RaiseBrandAlert(_ context.Context, brand, kind, subject, detail string) error {
	// The UPDATE matches resolved rows only, so that transactions which raise one open alert do not wait for each other.
	t.later(t.prepared(`WITH reopened AS (
		UPDATE alerts SET resolved_at = NULL, detail = ?0, created_at = ?1, brand = (SELECT code FROM brands WHERE code = ?2) WHERE kind = ?3 AND subject = ?4 AND resolved_at IS NOT NULL)
		INSERT INTO alerts (id, brand, kind, subject, detail, created_at) VALUES (?5, (SELECT code FROM brands WHERE code = ?2), ?3, ?4, ?0, ?1)
		ON CONFLICT ON CONSTRAINT alerts_one_per_subject DO NOTHING`, detail, t.now, brand, kind, subject, newID()).written())
	return nil
}

// Alert is a note for a person that nobody has resolved yet.
type Alert struct {
	ID      int64
	Brand   string // "" for the deployment itself
	Kind    string
	Subject string
	Detail  string
}

// OpenAlerts lists unresolved alerts of a kind (all kinds for ""), oldest first, at most limit.
func (r reader) OpenAlerts(ctx context.Context, kind string, limit int) ([]Alert, error) {
	var alerts []Alert
	err := r.idb.NewRaw(`SELECT id, coalesce(brand, '') AS brand, kind, subject, detail FROM alerts
		WHERE resolved_at IS NULL AND (?0 = '' OR kind = ?0) ORDER BY id LIMIT ?1`, kind, limit).Scan(ctx, &alerts)
	return alerts, fromTx(err)
}
