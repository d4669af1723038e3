// Package servicing owns a loan from the payout to the last kobo: payment intents, charges of bound cards, the allocation
// and booking of payments, refunds, the gateway's events, and the audit of all books. It may import the pure packages,
// provider, store and job.
package servicing

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Config is what a deployment can choose. Zero values mean the defaults named at each field.
type Config struct {
	// CallbackURL is where the payer's browser goes after the gateway's page; "" for nowhere.
	CallbackURL string
	// CheckoutLife is how long a payment page is offered. Default 24 h. A later payment is honoured all the same.
	CheckoutLife time.Duration
	// GatewayTimeout bounds a call to the gateway while a borrower waits. Default 5 s.
	GatewayTimeout time.Duration
	// EventPatience is how long an event about a reference of our kind that we do not know is looked at again, before it is parked.
	// Default 10 min, negative for not at all.
	EventPatience time.Duration
}

// Service is the capability. It is safe for use by many goroutines. Besides the faults its methods name, UNAVAILABLE and
// INTERNAL are always possible.
type Service struct {
	store    *store.Store
	payments provider.Payments
	clock    clock.Clock
	config   Config
	log      *slog.Logger
	opening  singleflight.Group // payment pages being opened, by loan
}

// New makes the capability.
func New(st *store.Store, payments provider.Payments, clk clock.Clock, config Config, log *slog.Logger) *Service {
	if config.CheckoutLife == 0 {
		config.CheckoutLife = 24 * time.Hour
	}
	if config.GatewayTimeout == 0 {
		config.GatewayTimeout = 5 * time.Second
	}
	if config.EventPatience == 0 {
		config.EventPatience = 10 * time.Minute
	}
	return &Service{store: st, payments: payments, clock: clk, config: config, log: log.With("part", "servicing")}
}

// Prefixes of our references, which tell whose an event of the gateway is.
const (
	CheckoutPrefix  = "cpr-" // a repayment at the gateway's page
	CardPrefix      = "cpc-" // a repayment by a bound card
	ExtensionPrefix = "cpe-" // the fee for moving a due date, at the gateway's page
)

// newReference mints a reference: the prefix and 32 hex digits, within every alphabet the gateway accepts.
func newReference(prefix string) (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return prefix + hex.EncodeToString(b[:]), nil
}

// Method says how a repayment is paid: the wire's code.
type Method int

// The methods.
const (
	ByCheckout Method = 1
	ByCard     Method = 2
)

// PayStatus says how a repayment stands: the wire's code.
type PayStatus int

// The statuses.
const (
	PayOpen    PayStatus = 0
	Paid       PayStatus = 1
	PayFailed  PayStatus = 2
	PayConfirm PayStatus = 3 // the bank asks the card holder
)

// Repayment is a payment intent as the borrower sees it. Amounts are kobo.
type Repayment struct {
	LoanID           int64
	Amount           money.Kobo
	Remaining        money.Kobo // still owed on the loan
	Reference        string
	AuthorizationURL string // the page to open, "" for none
	Method           Method
	Status           PayStatus
	ExpiresAt        time.Time // zero once there is nothing left to pay
}

// loans is where a loan is looked up: the store, or a transaction, in which nothing else may be asked.
type loans interface {
	OpenLoan(ctx context.Context, borrower int64) (store.Loan, error)
	LoanOf(ctx context.Context, borrower, id int64) (store.Loan, error)
}

// loanToRepay finds the loan a borrower means: by id, or the open one for id 0. It returns LOAN_NOT_FOUND.
func loanToRepay(ctx context.Context, from loans, borrower, id int64) (l store.Loan, err error) {
	if id == 0 {
		l, err = from.OpenLoan(ctx, borrower)
	} else {
		l, err = from.LoanOf(ctx, borrower, id)
	}
	if errors.Is(err, store.ErrNotFound) {
		return l, fault.New(catalog.LoanNotFound)
	}
	return l, err
}

// asFault turns a rule's refusal into the catalog's fault and leaves every other error as it is.
func asFault(err error) error {
	var rule *lending.RuleError
	if !errors.As(err, &rule) {
		return err
	}
	entry, ok := catalog.ByReason(rule.Reason)
	if !ok {
		return fault.Internal(err)
	}
	return fault.New(entry).WithCause(err)
}

// gatewayAway is the fault for a gateway that gave no answer a caller can use.
func gatewayAway(cause error) error {
	wait := patience(cause)
	if wait == 0 {
		wait = 5 * time.Second
	}
	return fault.New(catalog.GatewayUnavailable).WithRetryAfter(wait).WithCause(cause)
}

// patience is how long the gateway asks us to wait, 0 where it does not.
func patience(err error) time.Duration {
	var limited *provider.RateLimitedError
	if errors.As(err, &limited) {
		return limited.RetryAfter
	}
	return 0
}

// backOff is the wait before the gateway is asked again after so many questions: 5 s doubling up to six hours.
func backOff(checks int) time.Duration {
	return min(5*time.Second<<min(checks, 13), 6*time.Hour)
}
