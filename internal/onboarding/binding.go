package onboarding

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/store"
)

// BindingStatus says where a card check stands.
type BindingStatus int

// The standings of a card check, by the wire's codes.
const (
	BindingOver  BindingStatus = 0 // failed or expired
	BindingBound BindingStatus = 1
	BindingOpen  BindingStatus = 2 // not paid yet, or not conclusive
)

// Binding is a card check: a small charge on the gateway's page that binds a card to a bank account and is given back.
type Binding struct {
	AccountID        int64
	Reference        string
	Amount           money.Kobo
	Status           BindingStatus
	AuthorizationURL string    // only while open
	ExpiresAt        time.Time // only while open
	MaskedCard       string    // only when bound
	Message          string    // a sentence for the borrower where there is more to say than the status, or ""
}

// Why a card check ended without a card, as kept with the intent.
const (
	failedDeclined    = "declined"
	failedExpired     = "expired"
	failedReversed    = "reversed"
	failedRefused     = "refused_by_gateway"
	failedNotReusable = "card_not_reusable"
	failedMismatch    = "amount_mismatch"
)

// failureMessages are what the borrower is told about them.
var failureMessages = map[string]string{
	failedDeclined:    "The card was declined. Please try again or use another card.",
	failedExpired:     "The time for this card check is over. Please start again.",
	failedReversed:    "The payment was given back by the bank, so the card was not linked. Please start again.",
	failedNotReusable: "This card does not allow later payments, so it was not linked. We are giving your money back. Please use another card.",
	failedMismatch:    "We could not confirm this payment. Please contact support.",
}

// view is what a borrower sees of an intent.
func (s *Service) view(ctx context.Context, in store.Intent) (Binding, error) {
	b := Binding{AccountID: in.BankAccountID, Reference: in.Reference, Amount: in.Amount, Message: failureMessages[in.Failure]}
	switch in.State {
	case store.IntentCreated, store.IntentOpen, store.IntentUnconfirmed:
		if in.ExpiresAt.After(s.clock.Now()) {
			b.Status, b.AuthorizationURL, b.ExpiresAt = BindingOpen, in.AuthorizationURL, in.ExpiresAt
		} else {
			b.Message = failureMessages[failedExpired]
		}
	case store.IntentSuperseded:
		b.Message = failureMessages[failedExpired]
	case store.IntentPaid:
		if in.CardID != 0 {
			card, err := s.store.Card(ctx, in.BorrowerID, in.CardID)
			if err != nil {
				return b, err
			}
			b.Status, b.MaskedCard = BindingBound, card.Masked
		}
	}
	return b, nil
}
