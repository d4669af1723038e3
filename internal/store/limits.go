package store

import (
	"context"
	"errors"
	"time"
)

// LimitRate is a rate limit in the terms of GCRA (the generic cell rate algorithm): a request every Interval, with room for as
// many at once as fit into Window.
type LimitRate struct {
	Interval time.Duration // Window divided by the number of requests it admits
	Window   time.Duration
}

// TakeLimit counts one request against the key and tells whether it conforms. tat is the theoretical arrival time after which
// the key owes nothing: the new one of an admitted request, the standing one of a refused request, which costs nothing. One
// statement; requests of one key at the same time are admitted one after the other. Key must be a keyed hash.
func (t *Tx) TakeLimit(ctx context.Context, key string, rate LimitRate) (tat time.Time, admitted bool, err error) {
	var row struct {
		Tat      time.Time
		Admitted bool
	}
	latest := t.now.Add(rate.Window - rate.Interval) // a later standing arrival time refuses
	err = t.prepared(`WITH taken AS (
			INSERT INTO rate_limits AS l (key, tat) VALUES (?0, ?1::timestamptz + ?2 * interval '1 microsecond')
			ON CONFLICT (key) DO UPDATE SET tat = greatest(l.tat, ?1::timestamptz) + ?2 * interval '1 microsecond' WHERE l.tat <= ?3
			RETURNING tat)
		SELECT tat, true AS admitted FROM taken
		UNION ALL SELECT tat, false FROM rate_limits WHERE key = ?0 AND NOT EXISTS (SELECT 1 FROM taken)`,
		key, t.now, rate.Interval.Microseconds(), latest).Scan(ctx, &row)
	if err = fromTx(err); errors.Is(err, ErrNotFound) {
		// Refused by a row that was inserted after this statement began: it stands just beyond what is admitted.
		return latest.Add(time.Microsecond), false, nil
	}
	return row.Tat, row.Admitted, err
}

// SweepLimits deletes at most limit rows whose keys owe nothing since before the instant, and returns how many.
func (t *Tx) SweepLimits(ctx context.Context, before time.Time, limit int) (int64, error) {
	result, err := t.prepared(`DELETE FROM rate_limits WHERE key IN (
		SELECT key FROM rate_limits WHERE tat < ? ORDER BY tat LIMIT ? FOR UPDATE SKIP LOCKED)`, before, limit).Exec(ctx)
	if err != nil {
		return 0, fromTx(err)
	}
	return result.RowsAffected()
}
