package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// PayoutQueue names loans whose payout somebody should look at.
type PayoutQueue int

// The queues.
const (
	PayoutsStuck     PayoutQueue = iota // sent, and the end is not known in time
	PayoutsFailed                       // ended without a payment
	PayoutsHeld                         // approved and not sent
	payoutsStuckSQL  = `WHERE loans.status = 4 AND loans.updated_at < ?2 AND (?0 = '' OR loans.brand = ?0) AND loans.id > ?1 ORDER BY loans.id LIMIT ?3`
	payoutsHeldSQL   = `WHERE loans.status = 3 AND loans.updated_at <= ?2 AND (?0 = '' OR loans.brand = ?0) AND loans.id > ?1 ORDER BY loans.id LIMIT ?3`
	payoutsFailedSQL = `WHERE loans.status IN (41, 42) AND loans.updated_at <= ?2 AND (?0 = '' OR loans.brand = ?0) AND (?1 = 0 OR loans.id < ?1)
		ORDER BY loans.id DESC LIMIT ?3`
)

// QueuedPayout is a loan with its newest payout, whose ID is 0 where there is none.
type QueuedPayout struct {
	Loan   Loan
	Payout Payout
}

// QueuedPayouts lists a queue: stuck since before an instant, or held, oldest loan first; failed, newest loan first. The cursor is
// the id of the last loan seen.
func (r reader) QueuedPayouts(ctx context.Context, q PayoutQueue, before time.Time, p Page) ([]QueuedPayout, error) {
	where, until := payoutsStuckSQL, before
	switch q {
	case PayoutsHeld:
		where, until = payoutsHeldSQL, r.clk.Now()
	case PayoutsFailed:
		where, until = payoutsFailedSQL, r.clk.Now()
	}
	loans, err := r.loansWhere(ctx, where, p.Brand, p.Cursor, until, p.Limit)
	if err != nil || len(loans) == 0 {
		return nil, err
	}
	ids := make([]int64, len(loans))
	for i, l := range loans {
		ids[i] = l.ID
	}
	var rows []payoutRow
	err = r.idb.NewRaw(`SELECT DISTINCT ON (loan_id) * FROM payouts WHERE loan_id IN (?) ORDER BY loan_id, attempt DESC`, bun.List(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fromTx(err)
	}
	queued := make([]QueuedPayout, len(loans))
	for i, l := range loans {
		queued[i].Loan = l
		for _, row := range rows {
			if row.LoanID == l.ID {
				queued[i].Payout = row.payout()
			}
		}
	}
	return queued, nil
}

// PayoutsOfLoan lists a loan's transfers, oldest first.
func (r reader) PayoutsOfLoan(ctx context.Context, loan int64) ([]Payout, error) {
	var rows []payoutRow
	if err := r.idb.NewRaw(`SELECT * FROM payouts WHERE loan_id = ? ORDER BY attempt`, loan).Scan(ctx, &rows); err != nil {
		return nil, fromTx(err)
	}
	payouts := make([]Payout, len(rows))
	for i := range rows {
		payouts[i] = rows[i].payout()
	}
	return payouts, nil
}
