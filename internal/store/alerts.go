package store

import "context"

// RaiseAlert leaves a note for a person: kind is what is wrong, subject what it is wrong with (ids only, no personal data).
// Raised again while it is open it changes nothing; raised after it was resolved it is open again, with the new detail.
func (t *Tx) RaiseAlert(ctx context.Context, kind, subject, detail string) error {
	// The UPDATE matches resolved rows only, so that transactions which raise one open alert do not wait for each other.
	_, err := t.idb.NewRaw(`WITH reopened AS (
		UPDATE alerts SET resolved_at = NULL, detail = ?, created_at = ? WHERE kind = ? AND subject = ? AND resolved_at IS NOT NULL)
		INSERT INTO alerts (id, kind, subject, detail, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT ON CONSTRAINT alerts_one_per_subject DO NOTHING`,
		detail, t.now, kind, subject, newID(), kind, subject, detail, t.now).Exec(ctx)
	return fromTx(err)
}

// Alert is a note for a person that nobody has resolved yet.
type Alert struct {
	ID      int64
	Kind    string
	Subject string
	Detail  string
}

// OpenAlerts lists unresolved alerts of a kind (all kinds for ""), oldest first, at most limit.
func (r reader) OpenAlerts(ctx context.Context, kind string, limit int) ([]Alert, error) {
	var alerts []Alert
	err := r.idb.NewRaw(`SELECT id, kind, subject, detail FROM alerts WHERE resolved_at IS NULL AND (? = '' OR kind = ?) ORDER BY id LIMIT ?`,
		kind, kind, limit).Scan(ctx, &alerts)
	return alerts, fromTx(err)
}
