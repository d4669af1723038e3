package onboarding

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Recipient says whether the gateway can send money to a bank account.
type Recipient struct {
	AccountID int64
	Ready     bool
	At        time.Time // when the gateway first knew it, zero before
}

// EnsureRecipient makes sure that the gateway knows one of the borrower's accounts, the default for id 0, as a recipient of
// transfers. An account that the gateway refuses is not ready, which is no error, and kept for repeats of the key only: the next call
// asks again. It returns CARD_NOT_FOUND, GATEWAY_UNAVAILABLE, IDEMPOTENCY_KEY_REUSED and OPERATION_IN_PROGRESS.
func (s *Service) EnsureRecipient(ctx context.Context, who Subject, id int64, key string) (Done[Recipient], error) {
	op := store.OperationKey{Borrower: who.Borrower, Kind: "ensureTransferRecipient", Key: key, Params: strconv.AppendInt(nil, id, 10)}
	if done, found, err := findDone[Recipient](ctx, s.store, op); err != nil || found {
		return done, err
	}
	account, err := s.Account(ctx, who, id)
	if err != nil {
		return Done[Recipient]{}, s.store.Refused(ctx, op, err)
	}
	code := account.RecipientCode
	if code == "" {
		var rejected *provider.RejectedError
		if code, err = s.register(ctx, account); errors.As(err, &rejected) || errors.Is(err, provider.ErrNotFound) {
			s.log.WarnContext(ctx, "the gateway refuses a recipient", "account", account.ID, "error", err)
			return doOnce(ctx, s.store, op, func(context.Context, *store.Tx) (Recipient, error) { return Recipient{AccountID: account.ID}, nil })
		} else if err != nil {
			return Done[Recipient]{}, gatewayFault(err)
		}
	}
	return doOnce(ctx, s.store, op, func(ctx context.Context, tx *store.Tx) (Recipient, error) {
		if err := tx.SetRecipient(ctx, account.ID, code); err != nil && !errors.Is(err, store.ErrStale) {
			return Recipient{}, err
		}
		now, err := found(tx.BankAccount(ctx, who.Borrower, account.ID))
		return Recipient{AccountID: now.ID, Ready: now.RecipientCode != "", At: now.RecipientAt}, err
	})
}

// register tells the gateway of an account. The same account always gives the same code, so it may be repeated.
func (s *Service) register(ctx context.Context, a store.BankAccount) (string, error) {
	ctx, cancel := s.ask(ctx)
	defer cancel()
	to, err := s.payments.CreateRecipient(ctx, provider.RecipientRequest{Name: a.AccountName, AccountNumber: a.AccountNo, BankCode: a.BankCode})
	return to.Code, err
}
