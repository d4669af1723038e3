package provider

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/internal/money"
)

// Payments is the payment gateway. All amounts are integer kobo, all references are ours.
//
// Every method may return ErrInconclusive, ErrUnauthorized, *RateLimitedError and *RejectedError; what else it returns
// and what an outcome means is said at each method. Implementations are safe for concurrent use, honour ctx, never
// repeat a call that changes something (a retry is a decision, and decisions are the caller's), and never log a secret.
type Payments interface {
	// ListBanks returns the banks that can receive a transfer in naira.
	ListBanks(ctx context.Context) ([]Bank, error)
	// ResolveAccount asks the bank for the name on an account. ErrNotFound if there is no such account. A name, not a
	// permission: the caller compares it with the borrower's.
	ResolveAccount(ctx context.Context, accountNumber, bankCode string) (ResolvedAccount, error)
	// CreateRecipient registers an account for transfers. The same account gives the same record, so it can be repeated.
	CreateRecipient(ctx context.Context, req RecipientRequest) (Recipient, error)

	// Transfer pays out from our balance. The caller has committed req.Reference before the call.
	// ErrDuplicateReference: an earlier call was accepted, verify it. ErrInconclusive: verify before anything else.
	// *RejectedError: nothing moved, and nothing was recorded under the reference.
	Transfer(ctx context.Context, req TransferRequest) (TransferResult, error)
	// VerifyTransfer asks what became of a transfer. ErrNotFound is the only proof that it was never accepted.
	VerifyTransfer(ctx context.Context, reference string) (TransferResult, error)

	// InitializeCheckout opens a page where the payer pays. ErrDuplicateReference if the reference is used.
	InitializeCheckout(ctx context.Context, req CheckoutRequest) (Checkout, error)
	// VerifyCharge asks what became of a checkout or a charge. ErrNotFound if the gateway never accepted it.
	// Amount and Currency are what was paid, which the caller compares with what it asked for.
	VerifyCharge(ctx context.Context, reference string) (ChargeResult, error)
	// ChargeAuthorization charges a card bound earlier. A declined card is OutcomeFailed without an error; a second
	// factor is OutcomePaused with AuthorizationURL. ErrDuplicateReference and ErrInconclusive: verify.
	ChargeAuthorization(ctx context.Context, req ChargeRequest) (ChargeResult, error)

	// Refund gives a charge back, in full or in part. The gateway takes no reference of ours for it, so after
	// ErrInconclusive the caller looks for its MerchantNote in ListRefunds before it tries again.
	Refund(ctx context.Context, req RefundRequest) (RefundResult, error)
	// VerifyRefund asks what became of a refund by the gateway's id. ErrNotFound if there is none.
	VerifyRefund(ctx context.Context, id string) (RefundResult, error)
	// ListRefunds returns the refunds of one charge, oldest first; none is an empty list. ErrNotFound if the gateway
	// does not know the charge.
	ListRefunds(ctx context.Context, chargeReference string) ([]RefundResult, error)

	// Balance returns our naira balance.
	Balance(ctx context.Context) (Balance, error)
	// BalanceLedger returns one page (1, 2, ...) of the movements of our balance, newest first.
	BalanceLedger(ctx context.Context, page int) (LedgerPage, error)
}

// Currency is the only currency of this system.
const Currency = "NGN"

// Bank is a bank that can receive transfers.
type Bank struct {
	// Code is the bank's code as text ("058", "50211"): leading zeros count.
	Code string
	// Name is the bank's name for people.
	Name string
	// Slug is the gateway's short name for it.
	Slug string
	// Active is false while the gateway cannot reach the bank.
	Active bool
}

// ResolvedAccount is an account and the name the bank has for it.
type ResolvedAccount struct {
	AccountNumber string
	AccountName   string
	BankCode      string
}

// RecipientRequest names an account to register for transfers.
type RecipientRequest struct {
	// Name is the account holder's name.
	Name string
	// AccountNumber is a NUBAN: ten digits as text.
	AccountNumber string
	BankCode      string
}

// Recipient is a registered account.
type Recipient struct {
	// Code names it in TransferRequest.
	Code          string
	Name          string
	AccountNumber string
	BankCode      string
	BankName      string
	Active        bool
}

// TransferRequest is one payout.
type TransferRequest struct {
	Amount        money.Kobo
	RecipientCode string
	// Reference is ours: 16 to 50 of lower case letters, digits, '-' and '_'.
	Reference string
	// Reason is the narration the receiver reads. No personal data.
	Reason string
}

// TransferResult is what the gateway says about a payout.
type TransferResult struct {
	Outcome Outcome
	// Status is the gateway's own word.
	Status    string
	Reference string
	// Code is the gateway's name for the transfer.
	Code     string
	Amount   money.Kobo
	Currency string
	// RecipientCode is "" where the gateway answers with a number instead.
	RecipientCode string
	// Fee is what the gateway took on top, 0 if it does not say.
	Fee money.Kobo
	// FailureReason is the gateway's sentence, "" if none.
	FailureReason string
	// UpdatedAt is the gateway's time of the last change, zero if it does not say.
	UpdatedAt time.Time
}

// CheckoutRequest opens a payment page.
type CheckoutRequest struct {
	Email  string
	Amount money.Kobo
	// Reference is ours, in the alphabet of ChargeRequest.Reference.
	Reference string
	// CallbackURL is where the payer's browser goes afterwards; "" for nowhere.
	CallbackURL string
	// Metadata travels with the charge and comes back on verify. No personal data.
	Metadata map[string]string
	// CardOnly leaves out every way to pay that gives no reusable authorization.
	CardOnly bool
}

// Checkout is an open payment page.
type Checkout struct {
	AuthorizationURL string
	AccessCode       string
	Reference        string
}

// Authorization is a way to charge one card again. Code is a secret of the gateway's; keep it only if Reusable.
type Authorization struct {
	Code string
	// Signature names the card: two authorizations of one card share it.
	Signature string
	Last4     string
	BIN       string
	ExpMonth  string
	ExpYear   string
	// Brand is "visa", "mastercard", "verve" ...
	Brand    string
	Bank     string
	Channel  string
	Reusable bool
}

// ChargeRequest charges a bound card.
type ChargeRequest struct {
	// Email must be the one the card was bound with.
	Email             string
	Amount            money.Kobo
	AuthorizationCode string
	// Reference is ours: at most 100 letters, digits, '-', '.' and '='. No underscore: charges refuse it, unlike transfers.
	Reference string
	Metadata  map[string]string
}

// ChargeResult is what the gateway says about a checkout or a charge.
type ChargeResult struct {
	Outcome Outcome
	// Status is the gateway's own word. An "abandoned" checkout is OutcomePending: the payer can still come back.
	Status    string
	Reference string
	// ID is the gateway's number for the charge, as text.
	ID string
	// Amount is what was paid, or asked for while nothing is paid.
	Amount   money.Kobo
	Currency string
	// Fees is what the gateway kept, 0 if it does not say.
	Fees money.Kobo
	// Email is the payer's at the gateway: the one to charge the authorization with.
	Email string
	// Authorization is nil unless a card was used.
	Authorization *Authorization
	// PaidAt is zero unless paid.
	PaidAt time.Time
	// GatewayResponse is the processor's sentence ("Declined").
	GatewayResponse string
	// Metadata is what was sent with the charge, nil if none came back.
	Metadata map[string]string
	// Paused is true while the card holder must answer a second factor at AuthorizationURL.
	Paused           bool
	AuthorizationURL string
}

// RefundRequest gives a charge back.
type RefundRequest struct {
	ChargeReference string
	// Amount is the part to give back; 0 for everything that is left.
	Amount money.Kobo
	// MerchantNote is ours; it is how the refund is found again after a lost answer.
	MerchantNote string
}

// RefundResult is what the gateway says about a refund. Succeeded means processed by the gateway.
type RefundResult struct {
	// ID is the gateway's number for the refund, as text.
	ID      string
	Outcome Outcome
	// Status is the gateway's own word. "needs-attention" is OutcomePending: a person must act.
	Status string
	// ChargeReference is "" where the gateway answers only with ChargeID.
	ChargeReference string
	ChargeID        string
	Amount          money.Kobo
	Currency        string
	MerchantNote    string
	// RefundedAt is zero until processed or if the gateway does not say.
	RefundedAt time.Time
}

// Balance is our balance at the gateway.
type Balance struct {
	Amount   money.Kobo
	Currency string
}

// LedgerEntry is one movement of our balance at the gateway.
type LedgerEntry struct {
	ID string
	// Difference is signed: negative left us.
	Difference money.Kobo
	// BalanceAfter is the balance after this movement.
	BalanceAfter money.Kobo
	Currency     string
	Reason       string
	// Model is the kind of thing that caused it ("Transfer", "Transaction", "Refund"), ModelID its number as text.
	Model   string
	ModelID string
	At      time.Time
}

// LedgerPage is one page of the gateway's ledger.
type LedgerPage struct {
	Entries []LedgerEntry
	Page    int
	// Pages is the number of pages there are now.
	Pages int
}
