package servicing_test

import (
	"context"
	"testing"

	"github.com/creditpocket/creditpocket/internal/servicing"
	"github.com/creditpocket/creditpocket/internal/store"
)

// A server whose clock was days ahead has worked days that had not come. Once the clock is right again borrowers pay, extend and are
// forgiven as if it had not, and when those days have come all books are those of a server whose clock was right all the time.
func TestDailyRunUnderAClockThatJumpedAhead(t *testing.T) {
	straight, jumped := newDailyWorld(t, "", 15, 120), newDailyWorld(t, "", 15, 120)
	for _, w := range []*dailyWorld{straight, jumped} {
		w.run(t, w.at(1), servicing.DailyConfig{})
	}
	jumped.run(t, jumped.at(10), servicing.DailyConfig{})
	acts := 0
	for _, w := range []*dailyWorld{straight, jumped} {
		w.at(3)
		w.write(t, func(ctx context.Context, tx *store.Tx) error {
			for i, id := range w.loans {
				l, err := tx.LockLoan(ctx, id)
				if err != nil {
					return err
				}
				was := l.Loan
				if i%3 == 0 {
					continue
				}
				if err := w.randomEvent(ctx, tx, &l, "after the jump", tx.Now()); err != nil {
					return err
				}
				if l.Loan != was {
					acts++
				}
			}
			return nil
		})
		w.run(t, w.at(11), servicing.DailyConfig{})
	}
	if acts < 80 {
		t.Errorf("only %d things happened", acts)
	}
	sameBooks(t, jumped.books(t), straight.books(t))
	straight.audit(t)
	jumped.audit(t)
}
