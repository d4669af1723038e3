package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/creditpocket/creditpocket/internal/store"
)

// What is over its time is reported, then gone; what is not stays. What is over since less than the sweep may take is not overdue, and gone too.
func TestRetention(t *testing.T) {
	l := newLender(t)
	now := l.clk.Now()
	for i, age := range []time.Duration{time.Hour, 179 * 24 * time.Hour, 181 * 24 * time.Hour, 900 * 24 * time.Hour} {
		at := now.Add(-age)
		l.st.Exec(t, `INSERT INTO loan_clicks (id, borrower_id, product_id, event, happened_at, created_at) VALUES (?, ?, 301, 1, ?, ?)`, i+1, l.borrower, at, at)
		l.st.Exec(t, `INSERT INTO device_locations (id, borrower_id, sealed, wifi_indexes, created_at, expires_at) VALUES (?, ?, '', '{}', ?, ?)`, i+1, l.borrower, at, at.Add(24*time.Hour))
		l.st.Exec(t, `INSERT INTO sessions (id, borrower_id, token_hash, created_at, last_seen_at, idle_expires_at, expires_at) VALUES (?, ?, sha256(?::text::bytea), ?, ?, ?, ?)`,
			i+1, l.borrower, i, at, at, at.Add(24*time.Hour), at.Add(48*time.Hour))
	}
	for i, since := range []time.Duration{59 * time.Minute, 61 * time.Minute} {
		l.st.Exec(t, `INSERT INTO device_locations (id, borrower_id, sealed, wifi_indexes, created_at, expires_at) VALUES (?, ?, '', '{}', ?, ?)`, i+11, l.borrower, now.Add(-since), now.Add(-since))
	}
	overdue := func() map[string]int64 {
		lines, err := l.st.RetentionReport(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int64{}
		for _, line := range lines {
			counts[line.Kind] = line.Overdue
		}
		return counts
	}
	if o := overdue(); o["loan_clicks"] != 2 || o["device_locations"] != 4 || o["sessions"] != 1 {
		t.Errorf("overdue: %v", o)
	}
	l.must(func(ctx context.Context, tx *store.Tx) error {
		gone, err := tx.SweepRetention(ctx, 100)
		if gone["loan_clicks"] != 2 || gone["device_locations"] != 5 || gone["sessions"] != 1 {
			t.Errorf("deleted: %v", gone)
		}
		return err
	})
	for kind, n := range overdue() {
		if n != 0 {
			t.Errorf("%d rows of %s are left beyond their time", n, kind)
		}
	}
	if left := l.st.Texts(t, `SELECT id::text FROM loan_clicks ORDER BY id`); len(left) != 2 {
		t.Errorf("clicks that are left: %v", left)
	}
}
