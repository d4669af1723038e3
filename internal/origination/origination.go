// Package origination owns a loan from the product page to the money on the account: prices and quotes, the application with its
// photographs, the automatic decision, the payout and what becomes of it, and the borrower's view of all that. It may import the
// store, the jobs and everything below them.
package origination

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/gen/catalog"
	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/fault"
	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/provider/blobstore"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Config is what a deployment chooses. Zero values mean the defaults named at each field.
type Config struct {
	// PayoutHold is how long an approved loan waits before the transfer; 0 does not wait.
	PayoutHold time.Duration
	// QuoteLife is how long a quoted price holds; default 15 minutes.
	QuoteLife time.Duration
	// CoolDown is how long a borrower waits after a reviewer's refusal of that kind; default 30 days.
	CoolDown time.Duration
}

// Service does the work of this package. It is safe for use by many goroutines.
type Service struct {
	store    *store.Store
	blobs    *blobstore.Store
	payments provider.Payments
	clock    clock.Clock
	log      *slog.Logger
	config   Config
	quotes   quoteCodecs
	decodes  chan struct{} // slots for decoding photographs

	mu      sync.Mutex
	engines map[ruleKey]*lending.Engine
}

// New makes the service. Quotes are signed with the deployment's present quote key.
func New(st *store.Store, payments provider.Payments, blobs *blobstore.Store, clk clock.Clock, c Config, log *slog.Logger) (*Service, error) {
	if c.QuoteLife == 0 {
		c.QuoteLife = 15 * time.Minute
	}
	if c.CoolDown == 0 {
		c.CoolDown = 30 * 24 * time.Hour
	}
	quotes, err := newQuoteCodecs(st.Keys().QuoteKeys())
	if err != nil {
		return nil, fmt.Errorf("origination: %w", err)
	}
	return &Service{store: st, blobs: blobs, payments: payments, clock: clk, log: log, config: c, quotes: quotes,
		decodes: make(chan struct{}, decodesAtOnce), engines: map[ruleKey]*lending.Engine{}}, nil
}

// asFault turns a refusal of the rules into the fault of the same reason; other errors stay as they are.
func asFault(err error) error {
	var rule *lending.RuleError
	if !errors.As(err, &rule) {
		return err
	}
	entry, ok := catalog.ByReason(rule.Reason)
	if !ok {
		return fault.Internal(err)
	}
	f := fault.New(entry).WithCause(err)
	for _, name := range rule.Fields {
		f = f.WithField(name, "is still to be done")
	}
	return f
}

// orFault turns ErrNotFound into the fault that names what is missing.
func orFault(err error, entry catalog.Entry) error {
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(entry)
	}
	return err
}
