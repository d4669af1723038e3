package creditpocket

import (
	"context"
	"net/http"
	"time"

	"github.com/creditpocket/creditpocket/client/internal/raw"
)

// BankService is a borrower's bank accounts, and the cards bound to them.
type BankService struct{ c *Client }

// Bank is a bank or wallet that money can be sent to.
type Bank struct {
	// Code is 3 to 6 characters; leading zeros count.
	Code  string `wire:"bankNo"`
	Name  string `wire:"bankName"`
	Sort  int32  `wire:"sort"`
	Extra Extra
}

// NewBankAccount is an account to be saved.
type NewBankAccount struct {
	BankCode string `wire:"bankNo"`
	// Number is 10 digits.
	Number Masked `wire:"bankAccNo"`
	// Default makes it the account that loans are paid to; the first account always is. nil leaves that to the server.
	Default *bool `wire:"isDefault,omitempty"`
	// Password is needed where the account that loans are paid to changes from one to another.
	Password Secret `wire:"password,omitempty"`
}

// BindStatus is where the binding of a card stands.
type BindStatus int32

// The statuses. Of an account BindNone is no card; of a check it is one that failed or expired.
const (
	BindNone BindStatus = 0
	Bound    BindStatus = 1
	BindOpen BindStatus = 2
)

// BankAccount is an account of the borrower, with the card bound to it. The API calls it a card: its ID is a cardId, and one that
// does not exist is ErrCardNotFound.
type BankAccount struct {
	ID       string `wire:"id"`
	BankCode string `wire:"bankNo"`
	BankName string `wire:"bankName"`
	Number   Masked `wire:"bankAccNo"`
	// Holder is the account's name as the bank has it.
	Holder string `wire:"bankaccName"`
	// CardNumber is masked by the server; "" when no card is bound.
	CardNumber Masked `wire:"bankCardNo"`
	// CardType is the card's scheme, such as visa.
	CardType string `wire:"cardType"`
	// CardExpires is MM/YY.
	CardExpires string     `wire:"cardExpire"`
	BindStatus  BindStatus `wire:"bindStatus"`
	Default     bool       `wire:"isDefault"`
	// RecipientReady says that money can be sent to it.
	RecipientReady bool      `wire:"recipientReady"`
	Created        time.Time `wire:"createdTime"`
	Extra          Extra
}

// Recipient says whether money can be sent to an account.
type Recipient struct {
	AccountID string `wire:"cardId"`
	Ready     bool   `wire:"ready"`
	// Since is the zero time when it is not ready.
	Since time.Time `wire:"recipientTime"`
	Extra Extra
}

type recipientQuery struct {
	AccountID string `wire:"cardId,omitempty"`
}

type defaultAccount struct {
	ID       string `wire:"id"`
	Password Secret `wire:"password,omitempty"`
}

// CardBind is a check that binds a card: the borrower pays a small amount and gets it back.
type CardBind struct {
	Amount Kobo `wire:"amount"`
	// Reference names the check, for VerifyCard.
	Reference string `wire:"reference"`
	// AuthorizationURL is the page to open in a browser; "" once the check is over.
	AuthorizationURL string     `wire:"authorizationUrl"`
	Status           BindStatus `wire:"bindStatus"`
	AccountID        string     `wire:"cardId"`
	// CardNumber is masked by the server; "" before a card is bound.
	CardNumber Masked `wire:"bankCardNo"`
	// Expires is the zero time once the check is over.
	Expires time.Time `wire:"expireTime"`
	Extra   Extra
}

// List lists the banks that money can be sent to. Operation listBanks.
func (s *BankService) List(ctx context.Context, options ...CallOption) ([]Bank, error) {
	list, err := invoke[listOf[Bank]](ctx, s.c, opListBanks, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewListBanksRequest(server)
	}, options)
	return list.Items, err
}

// Accounts lists the borrower's accounts, the default one first. Operation listCards.
func (s *BankService) Accounts(ctx context.Context, options ...CallOption) ([]BankAccount, error) {
	list, err := invoke[listOf[BankAccount]](ctx, s.c, opListCards, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewListCardsRequest(server)
	}, options)
	return list.Items, err
}

// DefaultAccount is the account that loans are paid to; ErrCardNotFound when there is none. Operation getDefaultCard.
func (s *BankService) DefaultAccount(ctx context.Context, options ...CallOption) (BankAccount, error) {
	return invoke[BankAccount](ctx, s.c, opGetDefaultCard, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewGetDefaultCardRequest(server)
	}, options)
}

// SetDefaultAccount chooses the account that loans are paid to; password is the borrower's. Errors: ErrCardNotFound, ErrPasswordRequired,
// ErrAccountChangeLocked while a payout is under way. Operation setDefaultCard.
func (s *BankService) SetDefaultAccount(ctx context.Context, accountID string, password Secret, options ...CallOption) (BankAccount, error) {
	return invoke[BankAccount](ctx, s.c, opSetDefaultCard, jsonBody(defaultAccount{accountID, password}), func(server string, key *string) (*http.Request, error) {
		return raw.NewSetDefaultCardRequestWithBody(server, &raw.SetDefaultCardParams{IdempotencyKey: key}, "application/json", nil)
	}, options)
}

// BindCard starts binding a card to an account, or finds the check that is open; "" is the default account. No money moves here.
// Errors: ErrCardNotFound, ErrCardAlreadyBound, ErrGatewayUnavailable. Operation getCardBindAmount.
func (s *BankService) BindCard(ctx context.Context, accountID string, options ...CallOption) (CardBind, error) {
	return invoke[CardBind](ctx, s.c, opGetCardBindAmount, noBody, func(server string, _ *string) (*http.Request, error) {
		p := &raw.GetCardBindAmountParams{}
		if accountID != "" {
			p.CardID = &accountID
		}
		return raw.NewGetCardBindAmountRequest(server, p)
	}, options)
}

// VerifyCard asks how a check ended. Errors: ErrBindNotFound, ErrGatewayUnavailable. Operation verifyCardBind.
func (s *BankService) VerifyCard(ctx context.Context, reference string, options ...CallOption) (CardBind, error) {
	return invoke[CardBind](ctx, s.c, opVerifyCardBind, noBody, func(server string, _ *string) (*http.Request, error) {
		return raw.NewVerifyCardBindRequest(server, &raw.VerifyCardBindParams{Reference: reference})
	}, options)
}
