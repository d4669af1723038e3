package servicing

import (
	"context"
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// applyExtension moves the due date for a fee that the gateway says is paid: ledger, loan, payment and message in one transaction that
// holds the loan and the intent. A fee for which nothing can be given any more (the loan is settled, or no extension was left when it
// was paid) becomes the borrower's credit and goes back. Applied before, it changes nothing.
func (s *Service) applyExtension(ctx context.Context, intent store.Intent, charge provider.ChargeResult) (repayResult, error) {
	result, err := s.decide(ctx, intent, func(ctx context.Context, tx *store.Tx, l *store.Loan, i *store.Intent) error {
		if i.State == store.IntentPaid || i.State == store.IntentQuarantined {
			return nil
		}
		if err := tx.ReclaimReceipt(ctx, i.Reference); err != nil {
			return err
		}
		paidAt := charge.PaidAt.UTC().Truncate(time.Microsecond) // what the database keeps
		if charge.PaidAt.IsZero() || paidAt.After(tx.Now()) {
			paidAt = tx.Now() // the gateway's clock is not ours
		}
		was := i.State
		i.State, i.Failure, i.PaidAmount, i.PaidAt = store.IntentPaid, "", charge.Amount, paidAt
		if err := tx.MoveIntent(ctx, was, *i); err != nil {
			return err
		}
		effect, err := lending.ExtendPaid(l.Loan, paidAt, tx.Now())
		var refused *lending.RuleError
		switch {
		case errors.As(err, &refused):
			return book(ctx, tx, *l, *i, lending.Effect{Movement: money.Movement{Over: charge.Amount}, Loan: l.Loan}, paidAt)
		case err != nil:
			return err
		}
		if err := bookFee(ctx, tx, *l, *i, paidAt); err != nil {
			return err
		}
		return extended(ctx, tx, l, effect, i.Reference, "gateway")
	})
	crashpoint.Reach(crashpoint.ExtensionBooked)
	return result, err
}

// bookFee writes the payment of a fee and its ledger batch.
func bookFee(ctx context.Context, tx *store.Tx, l store.Loan, i store.Intent, paidAt time.Time) error {
	batch, err := ledger.ExtensionFee(ledger.Ref{LoanID: l.ID, BorrowerID: l.BorrowerID, At: tx.Now()}, i.Reference, ledger.FromGateway, i.PaidAmount, 0)
	if err != nil {
		return err
	}
	if err := tx.Post(ctx, l.Brand, batch); err != nil {
		return err
	}
	return tx.AddPayment(ctx, store.Payment{LoanID: l.ID, BorrowerID: l.BorrowerID, IntentID: i.ID, Amount: i.PaidAmount, Extension: i.PaidAmount, PaidAt: paidAt})
}
