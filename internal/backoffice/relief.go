package backoffice

import (
	"context"
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Waiver is what to forgive of a loan, in kobo: an amount, split in the product's order, or the parts themselves.
type Waiver struct {
	Loan   int64
	Amount money.Kobo // 0 for Parts
	Parts  money.Components
	Reason string
}

// Relief is what became of a waiver or a write-off.
type Relief struct {
	ApprovalID int64 // of the request that waits for a second person; 0 when it is booked
	Amount     money.Kobo
	Parts      money.Components
	Loan       LoanBrief
}

// Waive forgives a part of a debt. Above the deployment's limit, counted over all waivers of the loan, it becomes a request for a
// second person. It returns LOAN_NOT_FOUND, LOAN_NOT_OWING, WAIVER_TOO_LARGE and APPROVAL_PENDING.
func (s *Service) Waive(ctx context.Context, by Actor, key string, w Waiver) (Done[Relief], error) {
	o := order{by, "waiveLoan", key, w.Reason, []any{w.Loan, w.Amount, w.Parts}}
	return act(ctx, s, o, func(ctx context.Context, tx *store.Tx, n *note) (Relief, error) {
		l, err := lockLoan(ctx, tx, by, w.Loan)
		if err != nil {
			return Relief{}, err
		}
		n.about("loan", l.ID, l.Brand)
		parts, effect, err := forgive(l, w.Amount, w.Parts, tx.Now())
		if err != nil {
			return Relief{}, err
		}
		if l.Waived.Total()+parts.Total() > s.config.WaiverLimit {
			return ask(ctx, tx, by, n, l, store.Approval{Kind: store.ApproveWaiver, Amount: parts.Total(), ByParts: w.Amount == 0, Parts: parts, Reason: w.Reason})
		}
		booked, err := bookRelief(ctx, tx, by, n, l, effect, o.reference())
		return Relief{Amount: parts.Total(), Parts: parts, Loan: brief(booked, tx.Now())}, err
	})
}

// forgive works out a waiver of an amount, or of parts where the amount is 0. It returns LOAN_NOT_OWING and WAIVER_TOO_LARGE.
func forgive(l store.Loan, amount money.Kobo, parts money.Components, now time.Time) (money.Components, lending.Effect, error) {
	var err error
	if amount != 0 {
		parts, err = lending.SpreadWaiver(l.Loan, amount, now)
	}
	var effect lending.Effect
	if err == nil {
		effect, err = lending.Waive(l.Loan, parts, now)
	}
	if errors.Is(err, &lending.RuleError{Reason: lending.ReasonAmountOutOfRange}) {
		return parts, effect, fault.New(catalog.WaiverTooLarge).WithCause(err)
	}
	return parts, effect, asFault(err)
}

// WriteOff gives up what a borrower owes as lost. Above the deployment's limit it becomes a request for a second person. It returns
// LOAN_NOT_FOUND, STATE_CONFLICT for a loan that is not past due, and APPROVAL_PENDING.
func (s *Service) WriteOff(ctx context.Context, by Actor, key string, loan int64, reason string) (Done[Relief], error) {
	o := order{by, "writeOffLoan", key, reason, loan}
	return act(ctx, s, o, func(ctx context.Context, tx *store.Tx, n *note) (Relief, error) {
		l, err := lockLoan(ctx, tx, by, loan)
		if err != nil {
			return Relief{}, err
		}
		n.about("loan", l.ID, l.Brand)
		effect, err := lending.WriteOff(l.Loan, tx.Now())
		if err != nil {
			return Relief{}, err
		}
		lost := effect.WrittenOff
		if lost.Total() > s.config.WriteOffLimit {
			return ask(ctx, tx, by, n, l, store.Approval{Kind: store.ApproveWriteOff, Amount: lost.Total(), Parts: lost, Reason: reason})
		}
		booked, err := bookRelief(ctx, tx, by, n, l, effect, o.reference())
		return Relief{Amount: lost.Total(), Parts: lost, Loan: brief(booked, tx.Now())}, err
	})
}

// ask turns an act into a request for a second person.
func ask(ctx context.Context, tx *store.Tx, by Actor, n *note, l store.Loan, a store.Approval) (Relief, error) {
	a.Brand, a.LoanID, a.RequestedBy = l.Brand, l.ID, by.ID
	a, err := tx.AddApproval(ctx, a)
	if store.IsDuplicate(err, "approvals_one_pending") {
		return Relief{}, fault.New(catalog.ApprovalPending)
	}
	n.change("requested "+string(a.Kind), "", a.Amount.Wire())
	return Relief{ApprovalID: a.ID, Amount: a.Amount, Parts: a.Parts, Loan: brief(l, tx.Now())}, err
}

// bookRelief writes a waiver or a write-off: the ledger, the loan, and what follows when nothing is owed any more. A loan that the
// daily run still shows as active goes through overdue on its way to written off, as the state table wants it.
func bookRelief(ctx context.Context, tx *store.Tx, by Actor, n *note, l store.Loan, e lending.Effect, reference string) (store.Loan, error) {
	batches, err := ledger.Book(ledger.Ref{LoanID: l.ID, BorrowerID: l.BorrowerID, At: tx.Now()}, reference, ledger.FromGateway, e.Movement)
	if err != nil {
		return l, err
	}
	if err := tx.Post(ctx, l.Brand, batches...); err != nil {
		return l, err
	}
	n.change("outstanding", l.Outstanding().Total().Wire(), e.Loan.Outstanding().Total().Wire())
	seen := l.State
	if e.Loan.State == lending.WrittenOff && seen == lending.Active {
		l.State = lending.Overdue
		if err := moveLoan(ctx, tx, by, n, seen, l); err != nil {
			return l, err
		}
		seen = lending.Overdue
	}
	l.Loan = e.Loan
	if l.State == seen {
		return l, tx.UpdateLoan(ctx, seen, l, by.trace())
	}
	if err := moveLoan(ctx, tx, by, n, seen, l); err != nil {
		return l, err
	}
	if l.State.Owing() {
		return l, nil
	}
	tx.SupersedeCheckouts(l.ID, 0)
	if !l.State.IsSettled() {
		return l, nil
	}
	told := message(l, store.EventLoanSettled)
	told.DedupeKey, told.Params["amount"] = settledKey(l.ID), e.Waived.Total().String()
	return l, tx.AddMessage(ctx, told)
}
