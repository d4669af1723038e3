// Package backoffice owns what a lender's staff does: reviews of applications, payouts that need a person, waivers and write-offs
// with a second person above a limit, payments that no loan has, refunds of credit, products, decision rules, lists, and the audit
// trail of all that. Every act is done once under its key, in one transaction with its entry in the trail. It may import the pure
// packages, provider, store and job.
package backoffice

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Config is what a deployment chooses. Zero values mean the defaults named at each field.
type Config struct {
	// WaiverLimit is what may be forgiven of one loan, over all its waivers, before a second person is asked, in kobo. Default
	// 500,000; below zero asks always.
	WaiverLimit money.Kobo
	// WriteOffLimit is the largest debt that one person gives up, in kobo. Default 2,000,000; below zero asks always.
	WriteOffLimit money.Kobo
	// ClaimFor is how long a claim on a review holds. Default 30 minutes.
	ClaimFor time.Duration
	// StuckAfter is how long a transfer may be under way before it counts as stuck. Default 15 minutes.
	StuckAfter time.Duration
	// PayoutHold is how long an approved loan waits before the transfer; 0 does not wait.
	PayoutHold time.Duration
	// GatewayTimeout bounds a call to the gateway while an operator waits. Default 5 s.
	GatewayTimeout time.Duration
	// DefaultBrand is whose books a payment under an unknown reference is put into.
	DefaultBrand string
}

// Service is the capability. It is safe for use by many goroutines. Besides the faults its methods name, UNAVAILABLE and INTERNAL
// are always possible, and every act can return IDEMPOTENCY_KEY_REUSED.
type Service struct {
	store    *store.Store
	payments provider.Payments
	clock    clock.Clock
	config   Config
	log      *slog.Logger
}

// New makes the capability.
func New(st *store.Store, payments provider.Payments, clk clock.Clock, c Config, log *slog.Logger) *Service {
	if c.WaiverLimit == 0 {
		c.WaiverLimit = 5_000 * money.Naira
	}
	if c.WriteOffLimit == 0 {
		c.WriteOffLimit = 20_000 * money.Naira
	}
	if c.ClaimFor == 0 {
		c.ClaimFor = 30 * time.Minute
	}
	if c.StuckAfter == 0 {
		c.StuckAfter = 15 * time.Minute
	}
	if c.GatewayTimeout == 0 {
		c.GatewayTimeout = 5 * time.Second
	}
	return &Service{store: st, payments: payments, clock: clk, config: c, log: log.With("part", "backoffice")}
}

// Actor is the operator who acts, and the request by which.
type Actor struct {
	ID        int64
	Name      string
	Role      Role
	Brand     string // the only brand the operator may see and act on; "" for all
	ExpiresAt time.Time
	RequestID string
}

// trace is how the operator is named in a loan's events and on lists.
func (a Actor) trace() string { return fmt.Sprintf("operator:%d", a.ID) }

// sees tells whether the operator may know of a brand's objects.
func (a Actor) sees(brand string) bool { return a.Brand == "" || a.Brand == brand }

// scope is the brand that a list is narrowed to. It returns BRAND_FORBIDDEN for another one than the operator's.
func (a Actor) scope(brand string) (string, error) {
	switch {
	case brand == "":
		return a.Brand, nil
	case !a.sees(brand):
		return "", fault.New(catalog.BrandForbidden)
	}
	return brand, nil
}

// page narrows a page to what the operator may see.
func (a Actor) page(p store.Page) (store.Page, error) {
	var err error
	p.Brand, err = a.scope(p.Brand)
	return p, err
}

// asFault turns a rule's refusal into the catalog's fault and leaves every other error as it is, also a fault with such a cause.
func asFault(err error) error {
	var rule *lending.RuleError
	var known *fault.Error
	if errors.As(err, &known) || !errors.As(err, &rule) {
		return err
	}
	entry, ok := catalog.ByReason(rule.Reason)
	if !ok {
		return fault.Internal(err)
	}
	return fault.New(entry).WithCause(err)
}

// orFault turns ErrNotFound into the fault that names what is missing, and ErrStale into STATE_CONFLICT.
func orFault(err error, missing catalog.Entry) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fault.New(missing)
	case errors.Is(err, store.ErrStale):
		return fault.New(catalog.StateConflict)
	}
	return err
}
