package backoffice

import (
	"context"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/store"
)

// QueuedPayout is a loan whose payout somebody should look at.
type QueuedPayout struct {
	store.QueuedPayout
	Brief LoanBrief
}

// Payouts lists a queue of payouts. It returns BRAND_FORBIDDEN.
func (s *Service) Payouts(ctx context.Context, by Actor, q store.PayoutQueue, p store.Page) ([]QueuedPayout, error) {
	p, err := by.page(p)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.QueuedPayouts(ctx, q, s.clock.Now().Add(-s.config.StuckAfter), p)
	if err != nil {
		return nil, err
	}
	queued := make([]QueuedPayout, len(rows))
	for i, r := range rows {
		queued[i] = QueuedPayout{r, brief(r.Loan, s.clock.Now())}
	}
	return queued, nil
}

// RefusePayout ends an approved loan before any money moves. It returns LOAN_NOT_FOUND, and STATE_CONFLICT once the transfer is
// under way.
func (s *Service) RefusePayout(ctx context.Context, by Actor, key string, loan int64, reason string) (Done[LoanBrief], error) {
	return act(ctx, s, order{by, "refusePayout", key, reason, loan}, func(ctx context.Context, tx *store.Tx, n *note) (LoanBrief, error) {
		l, err := lockLoan(ctx, tx, by, loan)
		if err != nil {
			return LoanBrief{}, err
		}
		n.about("loan", l.ID, l.Brand)
		if l.State != lending.Approved {
			return LoanBrief{}, wrongState(l, lending.Approved)
		}
		l.State, l.PayerID = lending.DisbursementRejected, by.ID
		if err := moveLoan(ctx, tx, by, n, lending.Approved, l); err != nil {
			return LoanBrief{}, err
		}
		return brief(l, tx.Now()), tx.AddMessage(ctx, message(l, store.EventPayoutFailed))
	})
}
