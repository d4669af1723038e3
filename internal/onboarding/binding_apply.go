package onboarding

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/ledger"
	"github.com/creditpocket/creditpocket/internal/mask"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

const (
	// honourFor is how long a card check that is over is still asked about: the gateway repeats its events for 72 hours.
	honourFor   = 72 * time.Hour
	refundCheck = 10 * time.Minute // until the sweep looks after a new refund
	mostBackOff = 6 * time.Hour    // between two questions of the sweep
)

// alertMismatch is the kind of the alert that says a charge was paid with another amount or currency than asked for.
const alertMismatch = "charge_mismatch"

// VerifyBinding asks the gateway about a card check of the borrower that is not over, and answers where it stands. It returns
// BIND_NOT_FOUND and GATEWAY_UNAVAILABLE.
func (s *Service) VerifyBinding(ctx context.Context, who Subject, reference string) (Binding, error) {
	in, err := s.store.IntentOf(ctx, who.Borrower, reference)
	none, err := absent(err)
	if err != nil {
		return Binding{}, err
	}
	if none || in.Kind != store.IntentBinding {
		return Binding{}, fault.New(catalog.BindNotFound)
	}
	if !in.State.Unsettled() {
		return s.view(ctx, in)
	}
	return s.ApplyBinding(ctx, reference)
}

// WorkBinding is ApplyBinding for jobs and for the gateway's events. The error about a reference that is not ours wraps
// store.ErrNotFound.
func (s *Service) WorkBinding(ctx context.Context, reference string) error {
	_, err := s.ApplyBinding(ctx, reference)
	return err
}

// ApplyBinding asks the gateway what became of a card check and applies it once, whoever asks first: the app, an event or the
// sweep. A payment that is right is booked, its card bound if it can be charged again, and its refund ordered in every case; a
// payment of another amount or currency is put aside for a person. It returns BIND_NOT_FOUND and GATEWAY_UNAVAILABLE.
func (s *Service) ApplyBinding(ctx context.Context, reference string) (Binding, error) {
	in, err := s.store.Intent(ctx, reference)
	none, err := absent(err)
	if err != nil {
		return Binding{}, err
	}
	if none || in.Kind != store.IntentBinding {
		return Binding{}, fault.New(catalog.BindNotFound).WithCause(store.ErrNotFound)
	}
	if in.State == store.IntentPaid || in.State == store.IntentQuarantined {
		return s.view(ctx, in)
	}
	call, cancel := s.ask(ctx)
	charge, err := s.payments.VerifyCharge(call, reference)
	cancel()
	switch {
	case errors.Is(err, provider.ErrNotFound):
		charge = provider.ChargeResult{Outcome: provider.OutcomePending}
	case err != nil:
		if err := s.deferCheck(ctx, in, patience(err)); err != nil {
			return Binding{}, err
		}
		return Binding{}, gatewayFault(err)
	}
	switch {
	case !charge.Outcome.Conclusive():
		in, err = s.leaveOpen(ctx, in)
	case charge.Outcome == provider.OutcomeSucceeded && (charge.Amount != in.Amount || charge.Currency != provider.Currency):
		in, err = s.quarantine(ctx, in, charge)
	case charge.Outcome == provider.OutcomeSucceeded:
		in, err = s.settle(ctx, in, charge)
	case charge.Outcome == provider.OutcomeReversed:
		in, err = s.conclude(ctx, in, func(in *store.Intent) { in.State, in.Failure = store.IntentFailed, failedReversed })
	default:
		in, err = s.conclude(ctx, in, func(in *store.Intent) { in.State, in.Failure = store.IntentFailed, failedDeclined })
	}
	if err != nil {
		return Binding{}, err
	}
	return s.view(ctx, in)
}

// leaveOpen is for a check that nobody has paid: offered until its time is over, then honoured for a while, then failed.
func (s *Service) leaveOpen(ctx context.Context, in store.Intent) (store.Intent, error) {
	now := s.clock.Now()
	switch {
	case !in.State.Unsettled():
		return in, nil
	case now.Before(in.ExpiresAt) || (now.Before(in.ExpiresAt.Add(honourFor)) && in.State == store.IntentSuperseded):
		return in, s.deferCheck(ctx, in, 0)
	case now.Before(in.ExpiresAt.Add(honourFor)):
		next := now.Add(backOff(in.Checks))
		return s.conclude(ctx, in, func(in *store.Intent) { in.State, in.NextCheckAt = store.IntentSuperseded, next })
	}
	return s.conclude(ctx, in, func(in *store.Intent) { in.State, in.Failure = store.IntentFailed, failedExpired })
}

// deferCheck sets the sweep's next question, if it was due: an app that asks every second must not wear the sweep out.
// It is at least as far away as the gateway asks for.
func (s *Service) deferCheck(ctx context.Context, in store.Intent, wait time.Duration) error {
	now := s.clock.Now()
	if !in.State.Unsettled() || in.NextCheckAt.After(now) {
		return nil
	}
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeferIntent(ctx, in.ID, now.Add(max(backOff(in.Checks), wait)))
	})
}

// backOff is 1, 2, 4 ... minutes, at most 6 hours.
func backOff(checks int) time.Duration { return min(time.Minute<<min(checks, 10), mostBackOff) }

// conclude writes an end, or a step towards it, unless the intent has moved meanwhile, and answers the intent as it is then.
func (s *Service) conclude(ctx context.Context, in store.Intent, set func(in *store.Intent)) (store.Intent, error) {
	var now store.Intent
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		if now, err = tx.LockIntent(ctx, in.ID); err != nil || now.State != in.State {
			return err
		}
		set(&now)
		return tx.MoveIntent(ctx, in.State, now)
	})
	return now, err
}

// quarantine puts a payment aside that is not the one we asked for.
func (s *Service) quarantine(ctx context.Context, in store.Intent, charge provider.ChargeResult) (store.Intent, error) {
	var now store.Intent
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		if now, err = tx.LockIntent(ctx, in.ID); err != nil || now.State == store.IntentPaid || now.State == store.IntentQuarantined {
			return err
		}
		seen := now.State
		now.State, now.Failure, now.PaidAmount, now.PaidAt = store.IntentQuarantined, failedMismatch, charge.Amount, charge.PaidAt
		if err := tx.MoveIntent(ctx, seen, now); err != nil {
			return err
		}
		return tx.RaiseBrandAlert(ctx, in.Brand, alertMismatch, in.Reference, fmt.Sprintf("card check: asked for %d kobo %s, the gateway says %d %s",
			int64(in.Amount), provider.Currency, int64(charge.Amount), shorten(charge.Currency, 8)))
	})
	return now, err
}

// settle books a payment, binds its card and orders its refund, all at once and only once.
func (s *Service) settle(ctx context.Context, in store.Intent, charge provider.ChargeResult) (store.Intent, error) {
	var now store.Intent
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockBorrower(ctx, in.BorrowerID); err != nil {
			return err
		}
		var err error
		if now, err = tx.LockIntent(ctx, in.ID); err != nil || now.State == store.IntentPaid || now.State == store.IntentQuarantined {
			return err
		}
		if err := tx.ReclaimReceipt(ctx, now.Reference); err != nil {
			return err
		}
		seen := now.State
		now.State, now.Failure, now.PaidAmount, now.PaidAt = store.IntentPaid, "", charge.Amount, charge.PaidAt
		if now.PaidAt.IsZero() {
			now.PaidAt = tx.Now()
		}
		if now.CardID, err = s.bindCard(ctx, tx, now, charge); err != nil {
			return err
		}
		if now.CardID == 0 {
			now.Failure = failedNotReusable
		}
		if err := tx.MoveIntent(ctx, seen, now); err != nil {
			return err
		}
		batch, err := ledger.CardCharge(ledger.Ref{BorrowerID: now.BorrowerID, At: now.PaidAt}, now.Reference, charge.Amount)
		if err != nil {
			return err
		}
		if err := tx.Post(ctx, now.Brand, batch); err != nil {
			return err
		}
		refund, err := tx.AddRefund(ctx, store.Refund{BorrowerID: now.BorrowerID, IntentID: now.ID, Purpose: store.RefundBinding,
			Amount: charge.Amount, NextCheckAt: tx.Now().Add(refundCheck)})
		if err != nil {
			return err
		}
		return tx.Enqueue(ctx, job.Refund{ID: refund.ID}, nil)
	})
	crashpoint.Reach(crashpoint.BindingSettled)
	return now, err
}

// bindCard keeps the card of a payment and tells the borrower, and answers its id: 0 for a card that cannot be charged again.
func (s *Service) bindCard(ctx context.Context, tx *store.Tx, in store.Intent, charge provider.ChargeResult) (int64, error) {
	a := charge.Authorization
	if a == nil || !a.Reusable || a.Code == "" {
		return 0, nil
	}
	card := store.Card{BorrowerID: in.BorrowerID, BankAccountID: in.BankAccountID, AuthorizationCode: a.Code, Email: charge.Email, Signature: a.Signature,
		CardFace: store.CardFace{Masked: mask.Card(a.BIN, a.Last4), Type: shorten(strings.ToLower(strings.TrimSpace(a.Brand)), 32),
			ExpMonth: within(a.ExpMonth, 1, 12), ExpYear: within(a.ExpYear, 2000, 2999)}}
	if card.Signature == "" {
		card.Signature = a.Code
	}
	if card.Email == "" {
		profile, err := tx.Profile(ctx, in.BorrowerID)
		if err != nil {
			return 0, err
		}
		card.Email = profile.Email
	}
	id, err := tx.BindCard(ctx, in.Brand, card)
	if err != nil {
		return 0, err
	}
	name := card.Masked
	if name == "" {
		name = strings.TrimSpace(card.Type + " card")
	}
	return id, tx.AddMessage(ctx, store.NewMessage{Borrower: in.BorrowerID, Event: store.EventCardBound,
		DedupeKey: fmt.Sprintf("card_bound:%d", in.ID), Params: map[string]string{"card": name}})
}

// within reads a number between two bounds, 0 for any other text.
func within(text string, low, high int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0
	}
	return n
}
