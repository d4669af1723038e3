// Package onboarding owns what a borrower tells before a loan: profile, work, contacts, settings, consents, bank accounts and
// the card bound to one. It may import the store, the jobs, the providers' ports and everything below them.
package onboarding

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Config is what a deployment can choose. Zero values mean the defaults named at each field.
type Config struct {
	// CallbackURL is where a borrower's browser goes after the gateway's page: the server's public URL. "" for nowhere.
	CallbackURL string
	// BindAmount is what a card check charges and gives back, in kobo. Default 5,000, the gateway's least charge.
	BindAmount money.Kobo
	// BindLife is how long a card check is offered. Default 1 hour.
	BindLife time.Duration
	// BindWait is how long a call waits for a parallel one that is opening the same page. Default 2 s.
	BindWait time.Duration
	// AccountCooling is how long the first payout waits after the account that loans are paid to has changed. Default 24 hours.
	AccountCooling time.Duration
	// GatewayTimeout bounds one question to the gateway. Default 8 s.
	GatewayTimeout time.Duration
}

func (c Config) withDefaults() Config {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&c.BindLife, time.Hour)
	set(&c.BindWait, 2*time.Second)
	set(&c.AccountCooling, 24*time.Hour)
	set(&c.GatewayTimeout, 8*time.Second)
	if c.BindAmount == 0 {
		c.BindAmount = 50 * money.Naira
	}
	return c
}

// Service is the capability. It is safe for use by many goroutines. Every method returns faults; besides those it names,
// UNAVAILABLE and INTERNAL are always possible.
type Service struct {
	store    *store.Store
	payments provider.Payments
	clock    clock.Clock
	config   Config
	log      *slog.Logger
}

// New makes the capability.
func New(st *store.Store, payments provider.Payments, clk clock.Clock, config Config, log *slog.Logger) *Service {
	return &Service{store: st, payments: payments, clock: clk, config: config.withDefaults(), log: log.With("part", "onboarding")}
}

// Subject is the borrower who acts, from the session.
type Subject struct {
	Borrower int64
	Brand    string
}

// Status tells which parts of a borrower's profile are there.
func (s *Service) Status(ctx context.Context, who Subject) (store.Readiness, error) {
	return s.store.Readiness(ctx, who.Borrower)
}

// save runs one change of a profile under the borrower's lock and answers what is missing then.
func (s *Service) save(ctx context.Context, who Subject, change func(ctx context.Context, tx *store.Tx) error) (store.Readiness, error) {
	var after store.Readiness
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockBorrower(ctx, who.Borrower); err != nil {
			return err
		}
		if err := change(ctx, tx); err != nil {
			return err
		}
		var err error
		after, err = tx.Readiness(ctx, who.Borrower)
		return err
	})
	return after, err
}

// absent says whether an error is only that nothing was saved yet; it gives other errors back.
func absent(err error) (bool, error) {
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// gatewayFault is GATEWAY_UNAVAILABLE for a question that the gateway did not answer.
func gatewayFault(err error) error {
	f := fault.New(catalog.GatewayUnavailable).WithCause(err)
	if wait := patience(err); wait > 0 {
		f = f.WithRetryAfter(wait)
	}
	return f
}

// patience is how long the gateway asks us to wait, 0 where it does not.
func patience(err error) time.Duration {
	var limited *provider.RateLimitedError
	if errors.As(err, &limited) {
		return limited.RetryAfter
	}
	return 0
}

// ask bounds a question to the gateway.
func (s *Service) ask(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.config.GatewayTimeout)
}
