package backoffice

import (
	"context"
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// doubtWait is how long after a sending the gateway's "there is no such transfer" proves nothing: the call may still be under way.
const doubtWait = 10 * time.Minute

// ReleasePayout sends a held payout now, or tries a stuck one again. A stuck one goes back to approved only on the gateway's word
// that no money moved and none will under its reference. It returns LOAN_NOT_FOUND, STATE_CONFLICT, PAYOUT_UNDECIDED while the
// gateway does not say so, PAYOUT_MADE when the money moved, and GATEWAY_UNAVAILABLE.
func (s *Service) ReleasePayout(ctx context.Context, by Actor, key string, loan int64, reason string) (Done[LoanBrief], error) {
	o := order{by, "releasePayout", key, reason, loan}
	if done, found, err := earlier[LoanBrief](ctx, s, o); err != nil || found {
		return done, err
	}
	l, err := s.loan(ctx, by, loan)
	if err != nil {
		return refuse[LoanBrief](ctx, s, o, err)
	}
	var stuck store.Payout
	var word string
	if l.State == lending.Disbursing {
		if stuck, err = s.store.LatestPayout(ctx, l.ID); err != nil {
			return Done[LoanBrief]{}, orFault(err, catalog.StateConflict)
		}
		if word, err = s.notPaid(ctx, stuck); err != nil {
			return refuse[LoanBrief](ctx, s, o, err)
		}
	}
	return act(ctx, s, o, func(ctx context.Context, tx *store.Tx, n *note) (LoanBrief, error) {
		l, err := lockLoan(ctx, tx, by, loan)
		if err != nil {
			return LoanBrief{}, err
		}
		n.about("loan", l.ID, l.Brand)
		l.PayerID = by.ID
		switch {
		case l.State == lending.Approved && stuck.ID == 0:
			n.change("payout", "held", "released")
			err = tx.UpdateLoan(ctx, lending.Approved, l, by.trace())
		case l.State == lending.Disbursing && stuck.ID != 0:
			err = giveUp(ctx, tx, by, n, l, stuck, word)
			l.State = lending.Approved
		default:
			err = wrongState(l, lending.Approved)
		}
		if err != nil {
			return LoanBrief{}, err
		}
		return brief(l, tx.Now()), tx.Enqueue(ctx, job.StartPayout{LoanID: l.ID}, nil)
	})
}

// notPaid asks the gateway about an open payout, and returns its word when that rules the money out.
func (s *Service) notPaid(ctx context.Context, p store.Payout) (string, error) {
	call, cancel := context.WithTimeout(ctx, s.config.GatewayTimeout)
	defer cancel()
	result, err := s.payments.VerifyTransfer(call, p.Reference)
	undecided := fault.New(catalog.PayoutUndecided).WithRetryAfter(time.Minute)
	switch {
	case errors.Is(err, provider.ErrNotFound):
		if safe := p.SentAt.Add(doubtWait); p.Sends > 0 && s.clock.Now().Before(safe) {
			return "", undecided.WithRetryAfter(safe.Sub(s.clock.Now()))
		}
		return "not_found", nil
	case err != nil:
		return "", fault.New(catalog.GatewayUnavailable).WithCause(err)
	case result.Outcome == provider.OutcomeFailed, result.Outcome == provider.OutcomeAbandoned, result.Outcome == provider.OutcomeReversed:
		return result.Status, nil
	case result.Outcome == provider.OutcomeSucceeded:
		// Whoever pays out hears of it and brings the loan up to date.
		err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			return tx.Enqueue(ctx, job.StartPayout{LoanID: p.LoanID}, nil)
		})
		return "", errors.Join(fault.New(catalog.PayoutMade), err)
	}
	return "", undecided
}

// giveUp closes an open payout that no money moved under, and takes the loan back to approved. It returns STATE_CONFLICT when the
// payout was sent again, or was concluded, since the gateway was asked.
func giveUp(ctx context.Context, tx *store.Tx, by Actor, n *note, l store.Loan, seen store.Payout, word string) error {
	p, err := tx.LockPayout(ctx, seen.Reference)
	if err != nil {
		return err
	}
	if !p.State.Open() || p.Sends != seen.Sends {
		return fault.New(catalog.StateConflict)
	}
	was := p.State
	p.State, p.GatewayStatus, p.ConcludedAt, p.NextCheckAt = store.PayoutFailed, word, tx.Now(), time.Time{}
	if err := tx.UpdatePayout(ctx, was, p); err != nil {
		return err
	}
	n.change("payout", p.Reference, "given up: "+word)
	l.State = lending.Approved
	return moveLoan(ctx, tx, by, n, lending.Disbursing, l)
}
