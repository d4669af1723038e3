package servicing

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/crashpoint"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

const (
	// pageAttempts is how often a payment page is looked for when the gateway knows a reference whose page we never got.
	pageAttempts = 3
	// pageRest is how old a page is before its next offer is preceded by a question to the gateway.
	pageRest = 10 * time.Second
)

// Repayment returns the loan's one open payment page for all that is owed today, and makes it when there is none; loan 0
// means the open loan. No money moves, and repeating gives the same page until it is paid, declined, expires, or the amount
// owed changes. A page is not offered again without a look whether it was paid or declined: the gateway has no event for the one, and
// the event of the other may be lost. It returns LOAN_NOT_FOUND, LOAN_NOT_OWING and GATEWAY_UNAVAILABLE.
func (s *Service) Repayment(ctx context.Context, borrower, loan int64) (Repayment, error) {
	l, err := loanToRepay(ctx, s.store, borrower, loan)
	if err != nil {
		return Repayment{}, err
	}
	// Requests of this process for one loan share one look: of many that ask the gateway for one page, it answers only the first.
	// The look goes on when the request that began it is gone.
	shared := s.opening.DoChan(strconv.FormatInt(l.ID, 10), func() (any, error) {
		return s.openOffer(context.WithoutCancel(ctx), l)
	})
	select {
	case done := <-shared:
		answer, _ := done.Val.(Repayment)
		return answer, done.Err
	case <-ctx.Done():
		return Repayment{}, gatewayAway(ctx.Err())
	}
}

// openOffer finds or makes the loan's open page.
func (s *Service) openOffer(ctx context.Context, l store.Loan) (Repayment, error) {
	profile, err := s.store.Profile(ctx, l.BorrowerID)
	if err != nil {
		return Repayment{}, err
	}
	asked := false
	for attempts := 0; attempts < pageAttempts; attempts++ {
		var intent store.Intent
		intent, l, err = s.openCheckout(ctx, l.ID)
		if err != nil {
			return Repayment{}, err
		}
		if !asked && intent.State == store.IntentOpen && s.clock.Now().Sub(intent.CreatedAt) > pageRest {
			asked = true
			s.look(ctx, intent)
			attempts--
			continue
		}
		if intent.State == store.IntentCreated {
			intent, err = s.openPage(ctx, intent, profile.Email)
		}
		switch {
		case errors.Is(err, store.ErrStale), errors.Is(err, provider.ErrDuplicateReference):
			continue // another process was faster, or the page of this reference is lost: look again
		case err != nil:
			return Repayment{}, err
		}
		return s.view(l, intent), nil
	}
	return Repayment{}, gatewayAway(err)
}

// look applies what the gateway says about a page that is open. A gateway that does not answer leaves the page on offer.
func (s *Service) look(ctx context.Context, intent store.Intent) {
	call, cancel := context.WithTimeout(ctx, s.config.GatewayTimeout)
	defer cancel()
	if err := s.ApplyCharge(call, intent.Reference); err != nil {
		s.log.Warn("an open payment page could not be looked at", "reference", intent.Reference, "error", err)
	}
}

// openCheckout finds the loan's open checkout intent for what is owed now, or replaces it by a new one.
func (s *Service) openCheckout(ctx context.Context, loan int64) (intent store.Intent, l store.Loan, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		if l, err = tx.LockLoan(ctx, loan); err != nil {
			return err
		}
		payoff, err := lending.PayoffAt(l.Loan, tx.Now())
		if err != nil {
			return asFault(err)
		}
		if payoff.Amount <= 0 {
			return fault.New(catalog.LoanNotOwing)
		}
		intent, err = tx.OpenIntentOfLoan(ctx, loan, store.IntentCheckout)
		switch {
		case err == nil && intent.Amount == payoff.Amount && tx.Now().Before(intent.ExpiresAt):
			return nil
		case err == nil:
			tx.SupersedeCheckouts(loan, 0)
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		reference, err := newReference(CheckoutPrefix)
		if err != nil {
			return err
		}
		intent, err = tx.AddIntent(ctx, store.Intent{Brand: l.Brand, BorrowerID: l.BorrowerID, Kind: store.IntentCheckout, LoanID: l.ID,
			Reference: reference, Amount: payoff.Amount, NextCheckAt: tx.Now().Add(time.Minute), ExpiresAt: tx.Now().Add(s.config.CheckoutLife)})
		return err
	})
	return intent, l, err
}

// openPage asks the gateway for the page of a committed intent and stores its address. It returns ErrStale where another
// process has moved the intent meanwhile, ErrDuplicateReference where the gateway has the reference but its page is lost
// to us (the intent is superseded then), and GATEWAY_UNAVAILABLE.
func (s *Service) openPage(ctx context.Context, intent store.Intent, email string) (store.Intent, error) {
	crashpoint.Reach(crashpoint.PageIntended)
	call, cancel := context.WithTimeout(ctx, s.config.GatewayTimeout)
	page, err := s.payments.InitializeCheckout(call, provider.CheckoutRequest{Email: email, Amount: intent.Amount, Reference: intent.Reference,
		CallbackURL: s.config.CallbackURL})
	cancel()
	crashpoint.Reach(crashpoint.PageOpened)
	moved := intent
	switch {
	case err == nil:
		moved.State, moved.AuthorizationURL = store.IntentOpen, page.AuthorizationURL
	case errors.Is(err, provider.ErrDuplicateReference):
		if page, ok := s.pageOfOther(ctx, intent); ok {
			return page, nil
		}
		moved.State = store.IntentSuperseded
	default:
		return intent, gatewayAway(err)
	}
	if txErr := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.MoveIntent(ctx, intent.State, moved)
	}); txErr != nil {
		return intent, txErr
	}
	return moved, err
}

// pageOfOther waits a moment for another process that was given the page and has not stored it yet. One that is slower than that
// finds its intent superseded, and shows the page that replaced it.
func (s *Service) pageOfOther(ctx context.Context, intent store.Intent) (store.Intent, bool) {
	for range 10 {
		latest, err := s.store.Intent(ctx, intent.Reference)
		if err == nil && latest.State != store.IntentCreated {
			return latest, latest.State == store.IntentOpen
		}
		timer := time.NewTimer(50 * time.Millisecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return intent, false
		}
	}
	return intent, false
}
