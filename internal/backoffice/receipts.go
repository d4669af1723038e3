package backoffice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Receipts lists payments that no loan has, or that an operator assigned, newest first. It returns BRAND_FORBIDDEN.
func (s *Service) Receipts(ctx context.Context, by Actor, state store.ReceiptState, p store.Page) ([]store.Receipt, error) {
	p, err := by.page(p)
	if err != nil {
		return nil, err
	}
	return s.store.Receipts(ctx, state, p)
}

// Assignment is a payment put on a loan, as it was allocated, in kobo.
type Assignment struct {
	Receipt   store.Receipt
	Loan      LoanBrief
	Parts     money.Components
	Recovered money.Kobo
	Credit    money.Kobo // beyond what was owed; a refund of it is under way
}

// AssignReceipt puts a payment that no loan has on a loan, where it is allocated like any other: on the day the gateway took it, out
// of the unassigned receipts. What is beyond the debt becomes the borrower's credit and goes back. It returns RECORD_NOT_FOUND,
// LOAN_NOT_FOUND, ALREADY_ASSIGNED, LOAN_NOT_OWING for a loan that was never paid out, and RECEIPT_OF_ANOTHER.
func (s *Service) AssignReceipt(ctx context.Context, by Actor, key string, id, loan int64, reason string) (Done[Assignment], error) {
	return act(ctx, s, order{by, "assignReceipt", key, reason, []int64{id, loan}}, func(ctx context.Context, tx *store.Tx, n *note) (Assignment, error) {
		r, err := tx.Receipt(ctx, id)
		if err == nil && !by.sees(r.Brand) {
			err = store.ErrNotFound
		}
		if err != nil {
			return Assignment{}, orFault(err, catalog.RecordNotFound)
		}
		l, err := lockLoan(ctx, tx, by, loan)
		if err != nil {
			return Assignment{}, err
		}
		switch i, err := tx.Intent(ctx, r.Reference); {
		case r.IntentID == 0 && err == nil:
			return Assignment{}, fault.New(catalog.AlreadyAssigned) // to the loan of the charge that has turned up: it takes the money when it is settled
		case err == nil:
			if _, err := tx.LockIntent(ctx, i.ID); err != nil {
				return Assignment{}, err
			}
		case !errors.Is(err, store.ErrNotFound):
			return Assignment{}, err
		}
		if r, err = tx.LockReceipt(ctx, id); err != nil {
			return Assignment{}, err
		}
		n.about("receipt", r.ID, r.Brand)
		switch {
		case r.State != store.ReceiptUnmatched:
			return Assignment{}, fault.New(catalog.AlreadyAssigned)
		case r.BorrowerID != 0 && r.BorrowerID != l.BorrowerID:
			return Assignment{}, fault.New(catalog.ReceiptOfAnother)
		}
		return s.assign(ctx, tx, by, n, r, l)
	})
}

// assign books the payment: ledger, loan, payment, refund of what is too much, message, and the end of the alerts about it.
func (s *Service) assign(ctx context.Context, tx *store.Tx, by Actor, n *note, r store.Receipt, l store.Loan) (Assignment, error) {
	paidAt := r.PaidAt
	if paidAt.After(tx.Now()) {
		paidAt = tx.Now()
	}
	effect, err := lending.ApplyPayment(l.Loan, r.Amount, paidAt, tx.Now())
	if err != nil {
		return Assignment{}, err
	}
	batches, err := ledger.Book(ledger.Ref{LoanID: l.ID, BorrowerID: l.BorrowerID, At: tx.Now()}, r.Reference, ledger.FromUnassigned, effect.Movement)
	if err != nil {
		return Assignment{}, err
	}
	if err := tx.Post(ctx, l.Brand, batches...); err != nil {
		return Assignment{}, err
	}
	intent, err := tx.AssignReceipt(ctx, r, l, by.ID)
	if store.IsDuplicate(err, "payment_intents_reference_key") {
		return Assignment{}, fault.New(catalog.AlreadyAssigned)
	}
	if err != nil {
		return Assignment{}, err
	}
	if err := tx.AddPayment(ctx, store.Payment{LoanID: l.ID, BorrowerID: l.BorrowerID, IntentID: intent.ID, Parts: effect.Paid, Recovered: effect.Recovered,
		Credit: effect.Over, Amount: effect.Received(), PaidAt: paidAt}); err != nil {
		return Assignment{}, err
	}
	if err := giveBack(ctx, tx, l.BorrowerID, intent.ID, store.RefundOverpayment, effect.Over); err != nil {
		return Assignment{}, err
	}
	seen := l.State
	l.Loan = effect.Loan
	n.change("loan", "", fmt.Sprint(l.ID))
	n.change("status", seen.String(), l.State.String())
	if err := tx.UpdateLoan(ctx, seen, l, by.trace()); err != nil {
		return Assignment{}, err
	}
	if !l.State.Owing() {
		tx.SupersedeCheckouts(l.ID, intent.ID)
	}
	if err := tx.ResolveAlerts(ctx, r.Reference); err != nil {
		return Assignment{}, err
	}
	if err := tellPaid(ctx, tx, l, r, seen); err != nil {
		return Assignment{}, err
	}
	if r, err = tx.Receipt(ctx, r.ID); err != nil {
		return Assignment{}, err
	}
	return Assignment{Receipt: r, Loan: brief(l, tx.Now()), Parts: effect.Paid, Recovered: effect.Recovered, Credit: effect.Over}, nil
}

// giveBack sets a refund of a charge going; an amount of 0 does nothing.
func giveBack(ctx context.Context, tx *store.Tx, borrower, intent int64, purpose store.RefundPurpose, amount money.Kobo) error {
	if amount == 0 {
		return nil
	}
	_, err := refund(ctx, tx, borrower, intent, purpose, amount)
	return err
}

func refund(ctx context.Context, tx *store.Tx, borrower, intent int64, purpose store.RefundPurpose, amount money.Kobo) (store.Refund, error) {
	f, err := tx.AddRefund(ctx, store.Refund{BorrowerID: borrower, IntentID: intent, Purpose: purpose, Amount: amount, NextCheckAt: tx.Now().Add(time.Minute)})
	if err != nil {
		return f, err
	}
	return f, tx.Enqueue(ctx, job.Refund{ID: f.ID}, nil)
}

// settledKey is the one name of the message that a loan is settled, whoever writes it.
func settledKey(loan int64) string { return fmt.Sprintf("settled:%d", loan) }

func tellPaid(ctx context.Context, tx *store.Tx, l store.Loan, r store.Receipt, seen lending.State) error {
	messages := []store.NewMessage{{Borrower: l.BorrowerID, Event: store.EventPaymentReceived, DedupeKey: "payment:" + r.Reference,
		Params: map[string]string{"amount": r.Amount.String(), "remaining": lending.PositionAt(l.Loan, tx.Now()).Remaining.String()}}}
	if l.State.IsSettled() && !seen.IsSettled() {
		messages = append(messages, store.NewMessage{Borrower: l.BorrowerID, Event: store.EventLoanSettled, DedupeKey: settledKey(l.ID),
			Params: map[string]string{"amount": r.Amount.String()}})
	}
	return tx.AddMessages(ctx, messages)
}
