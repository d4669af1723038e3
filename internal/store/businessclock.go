package store

import (
	"context"
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/internal/fault"
)

// MaxClockOffset is the furthest that the business clock can be ahead of the real one.
const MaxClockOffset = 3650 * 24 * time.Hour

// BusinessClock reads by how much the deployment's business clock is ahead of the real one. Only development asks.
func (r reader) BusinessClock(ctx context.Context) (time.Duration, error) {
	var seconds int64
	err := r.idb.NewRaw(`SELECT coalesce((SELECT offset_seconds FROM business_clock), 0)`).Scan(ctx, &seconds)
	return time.Duration(seconds) * time.Second, fromTx(err)
}

// AdvanceBusinessClock moves the business clock ahead by whole seconds and returns its new offset. It returns VALIDATION_FAILED for a
// span that is not above zero or goes beyond MaxClockOffset: time only goes forward.
func (t *Tx) AdvanceBusinessClock(ctx context.Context, by time.Duration) (time.Duration, error) {
	if by < time.Second || by > MaxClockOffset {
		return 0, fault.Invalid("by", "must be from one second to ten years")
	}
	var seconds int64
	err := t.idb.NewRaw(`INSERT INTO business_clock AS c (offset_seconds) VALUES (?0)
		ON CONFLICT (one) DO UPDATE SET offset_seconds = c.offset_seconds + excluded.offset_seconds, changed_at = now()
		WHERE c.offset_seconds + excluded.offset_seconds <= ?1 RETURNING offset_seconds`,
		int64(by/time.Second), int64(MaxClockOffset/time.Second)).Scan(ctx, &seconds)
	if err = fromTx(err); errors.Is(err, ErrNotFound) {
		return 0, fault.Invalid("by", "would move the clock more than ten years ahead")
	}
	return time.Duration(seconds) * time.Second, err
}

// ResetBusinessClock makes the business clock the real one again. What was booked under a later date stays.
func (t *Tx) ResetBusinessClock(ctx context.Context) error {
	_, err := t.idb.NewRaw(`DELETE FROM business_clock`).Exec(ctx)
	return fromTx(err)
}
