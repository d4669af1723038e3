package backoffice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Bounds of one round of CollectReceipts. What it does not reach, the next one does.
const (
	collectBatch = 50
	// parkedFor is how long the gateway is asked about a reference that is not ours.
	parkedFor = 30 * 24 * time.Hour
)

// CollectReceipts finds payments that no loan has, asks the gateway about each, and books what it has taken as unassigned receipts:
// charges of ours that were paid in another amount, and charges that the gateway reported under a reference that is not ours. Only
// the gateway's answer counts, never the event. It may run any number of times; one failure does not stop the others.
func (s *Service) CollectReceipts(ctx context.Context) error {
	found, err := s.store.ReceiptCandidates(ctx, s.clock.Now().Add(-parkedFor), collectBatch)
	if err != nil {
		return err
	}
	var failed []error
	for _, c := range found {
		if err := s.collect(ctx, c); err != nil {
			failed = append(failed, fmt.Errorf("payment %s: %w", c.Reference, err))
		}
	}
	return errors.Join(failed...)
}

// CollectReceipt is CollectReceipts for one reference that is not ours. It returns the gateway's errors.
func (s *Service) CollectReceipt(ctx context.Context, reference string) error {
	return s.collect(ctx, store.ReceiptCandidate{Reference: reference})
}

// collect asks the gateway about one payment. What it does not decide is asked again.
func (s *Service) collect(ctx context.Context, c store.ReceiptCandidate) error {
	call, cancel := context.WithTimeout(ctx, 4*s.config.GatewayTimeout)
	charge, err := s.payments.VerifyCharge(call, c.Reference)
	cancel()
	switch {
	case errors.Is(err, provider.ErrNotFound):
		return s.record(ctx, c, provider.ChargeResult{})
	case err != nil:
		return err
	case charge.Outcome == provider.OutcomeSucceeded && charge.Currency == provider.Currency && charge.Amount > 0:
		return s.record(ctx, c, charge)
	case charge.Outcome.Conclusive():
		return s.record(ctx, c, provider.ChargeResult{})
	}
	return nil
}

// record writes a receipt with its ledger batch; a charge without an amount is one that no money is behind.
func (s *Service) record(ctx context.Context, c store.ReceiptCandidate, charge provider.ChargeResult) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		r := store.Receipt{Brand: s.config.DefaultBrand, Reference: c.Reference, Amount: charge.Amount, PaidAt: tx.Now()}
		if at := charge.PaidAt.UTC().Truncate(time.Microsecond); !charge.PaidAt.IsZero() && at.Before(tx.Now()) {
			r.PaidAt = at
		}
		if c.IntentID != 0 {
			i, err := tx.LockIntent(ctx, c.IntentID)
			if err != nil || i.State != store.IntentQuarantined {
				return err
			}
			r.IntentID, r.Quarantined, r.Brand, r.BorrowerID, r.LoanID, r.Asked = i.ID, true, i.Brand, i.BorrowerID, i.LoanID, i.Amount
		}
		if charge.Amount == 0 {
			r.State = store.ReceiptVoid
		}
		return tx.KeepReceipt(ctx, r)
	})
}
