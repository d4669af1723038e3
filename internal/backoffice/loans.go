package backoffice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/mask"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// LoanBrief is a loan in short, without personal data. Amounts are kobo.
type LoanBrief struct {
	ID, BorrowerID  int64
	IndentNo, Brand string
	State           lending.State // as it is now: overdue once the due date has passed
	Principal, Due  money.Kobo
	Remaining       money.Kobo // with the penalty of the day
	OverDays        int
	CreatedAt       time.Time
	DueAt           time.Time
}

func brief(l store.Loan, now time.Time) LoanBrief {
	p := lending.PositionAt(l.Loan, now)
	return LoanBrief{ID: l.ID, BorrowerID: l.BorrowerID, IndentNo: l.IndentNo, Brand: l.Brand, State: p.State, Principal: l.Terms.Principal,
		Due: l.Terms.Due, Remaining: p.Remaining, OverDays: p.OverDays, CreatedAt: l.CreatedAt, DueAt: l.DueAt}
}

// LoanFile is everything about a loan that the staff may see.
type LoanFile struct {
	Brief    LoanBrief
	Loan     store.Loan
	Position lending.Position
	Decision *store.Decision // nil while it is pending
	Events   []store.LoanEvent
	Payouts  []store.Payout
	Payments []store.LoanPayment
	Entries  []store.LedgerEntry
}

// Bounds of a loan's file.
const (
	filePayments = 1000
	fileEntries  = 5000
)

// Loan reads a loan with its figures of now. It returns LOAN_NOT_FOUND.
func (s *Service) Loan(ctx context.Context, by Actor, id int64) (LoanFile, error) {
	l, err := s.loan(ctx, by, id)
	if err != nil {
		return LoanFile{}, err
	}
	now := s.clock.Now()
	f := LoanFile{Loan: l, Brief: brief(l, now), Position: lending.PositionAt(l.Loan, now)}
	d, err := s.store.Decision(ctx, l.BorrowerID, id)
	switch {
	case err == nil:
		f.Decision = &d
	case !errors.Is(err, store.ErrNotFound):
		return f, err
	}
	if f.Events, err = s.store.LoanEvents(ctx, id); err != nil {
		return f, err
	}
	if f.Payouts, err = s.store.PayoutsOfLoan(ctx, id); err != nil {
		return f, err
	}
	if f.Payments, err = s.store.PaymentsOfLoan(ctx, id, filePayments); err != nil {
		return f, err
	}
	f.Entries, err = s.store.LedgerOfLoan(ctx, id, fileEntries)
	return f, err
}

// loan reads a loan that the operator may see. It returns LOAN_NOT_FOUND.
func (s *Service) loan(ctx context.Context, by Actor, id int64) (store.Loan, error) {
	l, err := s.store.Loan(ctx, id)
	if err == nil && !by.sees(l.Brand) {
		err = store.ErrNotFound
	}
	return l, orFault(err, catalog.LoanNotFound)
}

// lockLoan holds a loan that the operator may act on, and its borrower before it. It returns LOAN_NOT_FOUND.
func lockLoan(ctx context.Context, tx *store.Tx, by Actor, id int64) (store.Loan, error) {
	l, err := tx.Loan(ctx, id)
	if err == nil && !by.sees(l.Brand) {
		err = store.ErrNotFound
	}
	if err != nil {
		return l, orFault(err, catalog.LoanNotFound)
	}
	if err := tx.LockBorrower(ctx, l.BorrowerID); err != nil {
		return l, err
	}
	return tx.LockLoan(ctx, id)
}

// moveLoan writes a loan's new state by the operator, and puts the move into the note.
func moveLoan(ctx context.Context, tx *store.Tx, by Actor, n *note, seen lending.State, l store.Loan) error {
	if err := lending.CheckTransition(seen, l.State); err != nil {
		return err
	}
	n.change("status", seen.String(), l.State.String())
	return tx.UpdateLoan(ctx, seen, l, by.trace())
}

// wrongState is the fault for a loan that is not in the state an act needs.
func wrongState(l store.Loan, wanted lending.State) error {
	return fault.New(catalog.StateConflict).WithCause(fmt.Errorf("loan %d is %s, not %s", l.ID, l.State, wanted))
}

// message tells the borrower of an event of a loan. Each event happens to a loan once.
func message(l store.Loan, event string) store.NewMessage {
	return store.NewMessage{Borrower: l.BorrowerID, Event: event, DedupeKey: fmt.Sprintf("%s:%d", event, l.ID), Params: map[string]string{
		"amount": l.Terms.Principal.String(), "bank": l.Snapshot.BankName, "account": mask.Account(l.Snapshot.AccountNo)}}
}
