package onboarding

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// BindPrefix begins the reference of every card check: it tells whose an event of the gateway is.
const BindPrefix = "cpb-"

const (
	openAttempts = 4                     // pages that are lost one after the other before we give up
	pollEvery    = 50 * time.Millisecond // how often a parallel call looks whether the page is there
	firstCheck   = 2 * time.Minute       // until the sweep asks about a new card check
)

// errPageLost says that an intent is no longer offered and another must take its place.
var errPageLost = errors.New("onboarding: the page of this card check is lost")

// OpenBinding answers the one open card check of a bank account (the default for id 0), made when there is none. It returns
// CARD_NOT_FOUND, CARD_ALREADY_BOUND, GATEWAY_UNAVAILABLE, and VALIDATION_FAILED where the gateway refuses the borrower's e-mail
// address.
func (s *Service) OpenBinding(ctx context.Context, who Subject, accountID int64) (Binding, error) {
	account, err := s.Account(ctx, who, accountID)
	if err != nil {
		return Binding{}, err
	}
	profile, err := s.profile(ctx, s.store, who.Borrower)
	if err != nil {
		return Binding{}, err
	}
	for range openAttempts {
		in, mine, err := s.openIntent(ctx, who, account.ID)
		if store.IsDuplicate(err, "payment_intents_one_binding") {
			continue
		}
		if err == nil && in.State == store.IntentCreated && !mine {
			in, err = s.awaitPage(ctx, in)
		}
		if err == nil && in.State == store.IntentCreated {
			in, err = s.openPage(ctx, in, profile.Email)
		}
		if err == nil && in.State == store.IntentOpen {
			return s.view(ctx, in)
		}
		if err != nil && !errors.Is(err, errPageLost) {
			return Binding{}, err
		}
	}
	return Binding{}, fault.New(catalog.GatewayUnavailable).WithCause(errPageLost)
}

// openIntent finds the account's open intent or makes one; mine says that it was made here. An intent whose time is over makes
// room but stays honoured.
func (s *Service) openIntent(ctx context.Context, who Subject, account int64) (in store.Intent, mine bool, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		in, mine = store.Intent{}, false
		if err := tx.LockBorrower(ctx, who.Borrower); err != nil {
			return err
		}
		a, err := found(tx.BankAccount(ctx, who.Borrower, account))
		if err != nil {
			return err
		}
		if a.Card != nil {
			return fault.New(catalog.CardAlreadyBound)
		}
		in, err = tx.OpenBinding(ctx, account)
		none, err := absent(err)
		if err != nil {
			return err
		}
		if !none {
			if in.ExpiresAt.After(tx.Now()) {
				return nil
			}
			seen := in.State
			in.State = store.IntentSuperseded
			if err := tx.MoveIntent(ctx, seen, in); err != nil {
				return err
			}
		}
		mine = true
		in, err = tx.AddIntent(ctx, store.Intent{Brand: who.Brand, BorrowerID: who.Borrower, Kind: store.IntentBinding, BankAccountID: account,
			Reference: newReference(), Amount: s.config.BindAmount, NextCheckAt: tx.Now().Add(firstCheck), ExpiresAt: tx.Now().Add(s.config.BindLife)})
		return err
	})
	return in, mine, err
}

// newReference mints a reference of 130 random bits, in the alphabet that the gateway takes for transfers and charges alike.
func newReference() string { return BindPrefix + strings.ToLower(rand.Text()) }

// awaitPage gives the call that made the intent time to open its page, so that parallel calls do not ask the gateway twice for
// one reference. It answers the intent as it is then.
func (s *Service) awaitPage(ctx context.Context, in store.Intent) (store.Intent, error) {
	if s.clock.Now().Sub(in.CreatedAt) > s.config.BindWait {
		return in, nil // whoever made it has given up, or died
	}
	deadline := time.Now().Add(s.config.BindWait)
	for time.Now().Before(deadline) {
		select {
		case <-ctx.Done():
			return in, fault.New(catalog.Unavailable).WithCause(ctx.Err())
		case <-time.After(pollEvery):
		}
		now, err := s.store.Intent(ctx, in.Reference)
		if err != nil || now.State != store.IntentCreated {
			return now, err
		}
	}
	return in, nil
}

// openPage asks the gateway for the page of an intent and keeps it. It returns errPageLost where the gateway has given the page to
// a call whose answer never came: nobody can be sent there, so the intent is superseded.
func (s *Service) openPage(ctx context.Context, in store.Intent, email string) (store.Intent, error) {
	call, cancel := s.ask(ctx)
	page, err := s.payments.InitializeCheckout(call, provider.CheckoutRequest{Email: email, Amount: in.Amount, Reference: in.Reference,
		CallbackURL: s.config.CallbackURL, Metadata: map[string]string{"purpose": "card_binding"}, CardOnly: true})
	cancel()
	var rejected *provider.RejectedError
	switch {
	case err == nil:
		return s.settlePage(ctx, in, func(in *store.Intent) { in.State, in.AuthorizationURL = store.IntentOpen, page.AuthorizationURL })
	case errors.Is(err, provider.ErrDuplicateReference):
		return s.settlePage(ctx, in, func(in *store.Intent) { in.State = store.IntentSuperseded })
	case errors.As(err, &rejected):
		s.log.WarnContext(ctx, "the gateway refuses a card check", "reference", in.Reference, "code", rejected.Code)
		if _, err := s.settlePage(ctx, in, func(in *store.Intent) { in.State, in.Failure = store.IntentFailed, failedRefused }); err != nil && !errors.Is(err, errPageLost) {
			return in, err
		}
		if rejected.Code == "invalid_email_address" {
			return in, fault.Invalid("email", "is refused by the payment service: save another one").WithCause(err)
		}
	}
	return in, gatewayFault(err)
}

// settlePage writes what became of asking for a page, unless a parallel call was faster, and answers the intent as it is then;
// errPageLost where it is not open.
func (s *Service) settlePage(ctx context.Context, in store.Intent, set func(in *store.Intent)) (store.Intent, error) {
	var now store.Intent
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		if now, err = tx.LockIntent(ctx, in.ID); err != nil || now.State != store.IntentCreated {
			return err
		}
		set(&now)
		return tx.MoveIntent(ctx, store.IntentCreated, now)
	})
	if err == nil && now.State != store.IntentOpen {
		err = errPageLost
	}
	return now, err
}
