package store

import (
	"context"
	"time"
)

// AlertRecord is an alert with its times.
type AlertRecord struct {
	Alert
	CreatedAt  time.Time
	ResolvedAt time.Time // zero while it is open
}

type alertRow struct {
	ID         int64
	Brand      string
	Kind       string
	Subject    string
	Detail     string
	CreatedAt  time.Time
	ResolvedAt *time.Time
}

func (r alertRow) record() AlertRecord {
	return AlertRecord{Alert{ID: r.ID, Brand: r.Brand, Kind: r.Kind, Subject: r.Subject, Detail: r.Detail}, r.CreatedAt.UTC(), timeOut(r.ResolvedAt)}
}

const alertColumns = `id, coalesce(brand, '') AS brand, kind, subject, detail, created_at, resolved_at`

// AlertRecords lists alerts of a kind (all kinds for ""), oldest first, without the resolved ones unless they are wanted; the cursor
// is the id of the last one seen. A page of a brand has none of the deployment's own.
func (r reader) AlertRecords(ctx context.Context, kind string, resolved bool, p Page) ([]AlertRecord, error) {
	var rows []alertRow
	err := r.idb.NewRaw(`SELECT `+alertColumns+` FROM alerts
		WHERE (?0 = '' OR kind = ?0) AND (?1 OR resolved_at IS NULL) AND id > ?2 AND (?3 = '' OR brand = ?3) ORDER BY id LIMIT ?4`,
		kind, resolved, p.Cursor, p.Brand, p.Limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	all := make([]AlertRecord, len(rows))
	for i, row := range rows {
		all[i] = row.record()
	}
	return all, nil
}

// AlertRecord reads one alert, or ErrNotFound.
func (r reader) AlertRecord(ctx context.Context, id int64) (AlertRecord, error) {
	var row alertRow
	err := r.idb.NewRaw(`SELECT `+alertColumns+` FROM alerts WHERE id = ?`, id).Scan(ctx, &row)
	return row.record(), fromTx(err)
}

// ResolveAlert marks an open alert as resolved; ErrStale for one that is resolved.
func (t *Tx) ResolveAlert(ctx context.Context, id int64) error {
	result, err := t.idb.NewRaw(`UPDATE alerts SET resolved_at = ? WHERE id = ? AND resolved_at IS NULL`, t.now, id).Exec(ctx)
	return exactly(1, result, err)
}

// ResolveAlertsOf is ResolveAlerts for one kind of alert.
func (t *Tx) ResolveAlertsOf(ctx context.Context, kind, subject string) error {
	_, err := t.idb.NewRaw(`UPDATE alerts SET resolved_at = ? WHERE kind = ? AND subject = ? AND resolved_at IS NULL`, t.now, kind, subject).Exec(ctx)
	return fromTx(err)
}

// ResolveAlerts marks open alerts about a subject as resolved, because what they were about is settled.
func (t *Tx) ResolveAlerts(ctx context.Context, subject string) error {
	_, err := t.idb.NewRaw(`UPDATE alerts SET resolved_at = ? WHERE subject = ? AND resolved_at IS NULL`, t.now, subject).Exec(ctx)
	return fromTx(err)
}
