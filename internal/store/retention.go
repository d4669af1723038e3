package store

import (
	"context"
	"fmt"
	"time"
)

const day = 24 * time.Hour

// retained is a kind of personal record that is kept for so long and no longer.
type retained struct {
	kind  string // the table
	since string // the column that its age counts from
	keep  time.Duration
	where string // which rows count; "" is all
}

// retention is in the order of docs/data-map.md. What is not here is kept as long as the borrower is, or for good because it is the books'.
var retention = []retained{
	{"codes", "expires_at", 7 * day, ""},
	{"sms_messages", "expires_at", 90 * day, "state <> 0"}, // number and text are gone since the day it was sent
	{"device_locations", "expires_at", 0, ""},
	{"device_activity", "created_at", 180 * day, ""},
	{"loan_clicks", "created_at", 180 * day, ""},
	{"harvest_counts", "created_at", 180 * day, ""},
	{"sessions", "least(expires_at, idle_expires_at, revoked_at)", 400 * day, ""},
}

// sweepSlack is how long what is over may wait for the sweep, which comes every five minutes: what is older was not swept. Without it what
// ends at any moment, such as where a phone was, would always be overdue.
const sweepSlack = time.Hour

func (k retained) old() string {
	where := k.since + " < ?0"
	if k.where != "" {
		where += " AND " + k.where
	}
	return where
}

// RetentionLine is how one kind of record stands.
type RetentionLine struct {
	Kind    string
	Keep    time.Duration // after its end
	Rows    int64
	Overdue int64     // that should be gone since an hour at least
	Oldest  time.Time // zero where there is none
}

// RetentionReport tells of each kind of record that is kept for a time what is there.
func (r reader) RetentionReport(ctx context.Context) ([]RetentionLine, error) {
	now := r.clk.Now()
	lines := make([]RetentionLine, len(retention))
	for i, k := range retention {
		var row struct {
			Rows, Overdue int64
			Oldest        *time.Time
		}
		err := r.idb.NewRaw(`SELECT count(*) AS rows, count(*) FILTER (WHERE `+k.old()+`) AS overdue, min(`+k.since+`) AS oldest FROM `+k.kind, now.Add(-k.keep-sweepSlack)).Scan(ctx, &row)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.kind, fromTx(err))
		}
		lines[i] = RetentionLine{Kind: k.kind, Keep: k.keep, Rows: row.Rows, Overdue: row.Overdue, Oldest: timeOut(row.Oldest)}
	}
	return lines, nil
}

// SweepRetention deletes at most limit rows of each kind whose time is over, and returns how many of each.
func (t *Tx) SweepRetention(ctx context.Context, limit int) (map[string]int64, error) {
	gone := map[string]int64{}
	for _, k := range retention {
		if k.kind == "sessions" {
			n, err := t.SweepSessions(ctx, t.now.Add(-k.keep), limit)
			if err != nil {
				return nil, err
			}
			gone[k.kind] = n
			continue
		}
		result, err := t.idb.NewRaw(`DELETE FROM `+k.kind+` WHERE id IN (SELECT id FROM `+k.kind+` WHERE `+k.old()+` LIMIT ?1 FOR UPDATE SKIP LOCKED)`,
			t.now.Add(-k.keep), limit).Exec(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.kind, fromTx(err))
		}
		if gone[k.kind], err = result.RowsAffected(); err != nil {
			return nil, err
		}
	}
	return gone, nil
}
