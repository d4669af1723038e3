package servicing

import (
	"context"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// applyPayment books a paid charge on its loan: allocation, ledger, state, payment, message and the refund of what was too
// much, in one transaction that holds the loan and the intent. Applied before, it changes nothing.
func (s *Service) applyPayment(ctx context.Context, intent store.Intent, charge provider.ChargeResult) (repayResult, error) {
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
		effect, err := lending.ApplyPayment(l.Loan, charge.Amount, paidAt, tx.Now())
		if err != nil {
			return asFault(err)
		}
		seen := l.State
		l.Loan = effect.Loan
		if err := book(ctx, tx, *l, *i, effect, paidAt); err != nil {
			return err
		}
		if err := tx.UpdateLoan(ctx, seen, *l, "gateway"); err != nil {
			return err
		}
		was := i.State
		i.State, i.Failure, i.PaidAmount, i.PaidAt = store.IntentPaid, "", charge.Amount, paidAt
		if err := tx.MoveIntent(ctx, was, *i); err != nil {
			return err
		}
		if !l.State.Owing() {
			tx.SupersedeCheckouts(l.ID, i.ID)
		}
		if err := tell(ctx, tx, *l, *i); err != nil {
			return err
		}
		crashpoint.Reach(crashpoint.PaymentUncommitted)
		return nil
	})
	crashpoint.Reach(crashpoint.PaymentCommitted)
	return result, err
}

// book writes the payment, its ledger batches, and the refund of what was paid beyond the debt.
func book(ctx context.Context, tx *store.Tx, l store.Loan, i store.Intent, e lending.Effect, paidAt time.Time) error {
	batches, err := ledger.Book(ledger.Ref{LoanID: l.ID, BorrowerID: l.BorrowerID, At: tx.Now()}, i.Reference, ledger.FromGateway, e.Movement)
	if err != nil {
		return err
	}
	if err := tx.Post(ctx, l.Brand, batches...); err != nil {
		return err
	}
	if err := tx.AddPayment(ctx, store.Payment{LoanID: l.ID, BorrowerID: l.BorrowerID, IntentID: i.ID, Parts: e.Paid, Recovered: e.Recovered,
		Credit: e.Over, Amount: e.Received(), PaidAt: paidAt}); err != nil {
		return err
	}
	if e.Over == 0 {
		return nil
	}
	refund, err := tx.AddRefund(ctx, store.Refund{BorrowerID: l.BorrowerID, IntentID: i.ID, Purpose: store.RefundOverpayment, Amount: e.Over,
		NextCheckAt: tx.Now().Add(time.Minute)})
	if err != nil {
		return err
	}
	return tx.Enqueue(ctx, job.Refund{ID: refund.ID}, nil)
}

// tell writes the messages of a payment.
func tell(ctx context.Context, tx *store.Tx, l store.Loan, i store.Intent) error {
	messages := []store.NewMessage{{Borrower: l.BorrowerID, Event: store.EventPaymentReceived, DedupeKey: "payment:" + i.Reference,
		Params: map[string]string{"amount": i.PaidAmount.String(), "remaining": lending.PositionAt(l.Loan, tx.Now()).Remaining.String()}}}
	if l.State.IsSettled() {
		messages = append(messages, store.NewMessage{Borrower: l.BorrowerID, Event: store.EventLoanSettled, DedupeKey: fmt.Sprintf("settled:%d", l.ID),
			Params: map[string]string{"amount": i.PaidAmount.String()}})
	}
	return tx.AddMessages(ctx, messages)
}
