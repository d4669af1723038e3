// Package simulator is a payment gateway of our own. It serves Paystack's HTTP API, keeps its own books, signs and
// delivers webhooks on the real retry calendar, shows a checkout page to a person, and can be told to misbehave.
//
// It is three things at once: the embedded default of a development server (reached over real HTTP through the same
// adapter as the real gateway: there is no second code path), a test double, and the independent witness and fault
// injector of the reliability tests. What a value of the magic table does is in magic.go, what can be injected at run
// time is in faults.go.
//
// Everything that is random is drawn from Options.Seed; codes are derived from the seed and the caller's reference, so
// the same calls give the same codes in any order. Only standard library, internal/money, internal/clock and the
// webhook signature of paystack are imported.
package simulator

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
)

// Options steer a simulator. The zero value works, apart from SecretKey.
type Options struct {
	// SecretKey is the bearer key of the API and the key that signs webhooks.
	SecretKey string
	// Seed makes codes and probabilities repeatable.
	Seed uint64
	// Dir keeps the books in a journal in that directory (made with mode 0700 if missing); "" keeps them in memory.
	Dir string
	// OpeningBalance is what new books start with, in kobo; 0 for NGN 1,000,000,000.
	OpeningBalance money.Kobo
	// TransferFee is taken on top of every transfer, in kobo.
	TransferFee money.Kobo
	// ChargeFeeBasisPoints is kept back from every charge, in basis points, rounded down to the kobo.
	ChargeFeeBasisPoints int64
	// Delay is how long pending things stay pending; 0 for 1.5 s, negative for none.
	Delay time.Duration
	// TimeScale divides the webhook retry calendar: 1 is the real one (3 minutes, an hour), 3600 makes an hour a
	// second. 0 for 1.
	TimeScale float64
	// WebhookURL receives events; "" holds them back until SetWebhookURL.
	WebhookURL string
	// PublicURL is the address of the checkout pages in answers; "" takes the host the request came to.
	PublicURL string
	// DefaultAccountName is the holder of every account nobody registered; "" for "BORROWER TEST".
	DefaultAccountName string
	// RefusedAttempts is how often an account that ends in 05 answers 500 before it accepts a reference; 0 for once,
	// negative for always.
	RefusedAttempts int
	// Limits hold the callers to the real gateway's limits; the zero value does not.
	Limits Limits
	// Clock dates the books; nil for the system's. Delays and retries run on real time whatever it says.
	Clock clock.Clock
	// Logger gets one line per webhook delivery; nil for none.
	Logger *slog.Logger
}

// Simulator is the gateway. Safe for concurrent use.
type Simulator struct {
	opts    Options
	clock   clock.Clock
	log     *slog.Logger
	faults  *faultSet
	limiter limiter
	handler http.Handler
	hooks   *http.Client

	mu      sync.Mutex // guards what follows, up to hookURL
	books   *books
	journal *journal
	held    []int64 // webhooks a reorder fault keeps back
	twice   []twin  // what the lists show once more, see Tamper
	sending map[int64]bool
	hookURL string

	ctx    context.Context
	cancel context.CancelFunc
	bgMu   sync.Mutex // guards closed against background.Add
	closed bool
	bg     sync.WaitGroup
}

// New opens the books (reading the journal if Options.Dir is set) and resumes what was pending: transfers on their way
// and webhooks nobody has confirmed. It fails if the journal cannot be read or written.
func New(opts Options) (*Simulator, error) {
	if opts.OpeningBalance == 0 {
		opts.OpeningBalance = 1_000_000_000_00
	}
	switch {
	case opts.Delay == 0:
		opts.Delay = 1500 * time.Millisecond
	case opts.Delay < 0:
		opts.Delay = 0
	}
	if opts.TimeScale <= 0 {
		opts.TimeScale = 1
	}
	if opts.DefaultAccountName == "" {
		opts.DefaultAccountName = "BORROWER TEST"
	}
	if opts.RefusedAttempts == 0 {
		opts.RefusedAttempts = 1
	}
	if opts.Clock == nil {
		opts.Clock = clock.System{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	b, j, err := openJournal(opts.Dir)
	if err != nil {
		return nil, err
	}
	s := &Simulator{
		opts: opts, clock: opts.Clock, log: opts.Logger, faults: newFaultSet(opts.Seed), hooks: newHookClient(),
		books: b, journal: j, sending: map[int64]bool{}, hookURL: opts.WebhookURL,
	}
	s.SetLimits(opts.Limits)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.handler = s.routes()
	if len(b.Ledger) == 0 {
		if err := s.update(func(c *change) { c.post(opts.OpeningBalance, "Opening", 0, "Opening balance") }); err != nil {
			return nil, err
		}
	}
	s.resume()
	return s, nil
}

// Handler serves the API, the checkout pages, the control endpoints and the start page.
func (s *Simulator) Handler() http.Handler { return s.handler }

// Close stops deliveries and pending changes, releases silent requests, and closes the journal. What was pending goes
// on when the books are opened again.
func (s *Simulator) Close() error {
	s.cancel()
	s.bgMu.Lock()
	s.closed = true
	s.bgMu.Unlock()
	s.bg.Wait()
	s.hooks.CloseIdleConnections()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.close()
}

// resume takes up what a former process left pending.
func (s *Simulator) resume() {
	s.mu.Lock()
	now := time.Now()
	type step struct {
		in time.Duration
		do func()
	}
	var steps []step
	for _, t := range s.books.Transfers {
		if t.Next != "" {
			steps = append(steps, step{t.NextAt.Sub(now), func() { s.advanceTransfer(t.Reference) }})
		}
	}
	for _, r := range s.books.Refunds {
		if r.Next != "" {
			steps = append(steps, step{r.NextAt.Sub(now), func() { s.advanceRefund(r.ID) }})
		}
	}
	s.mu.Unlock()
	for _, st := range steps {
		s.after(st.in, st.do)
	}
	s.redeliver(time.Second)
}

// after runs fn once d has passed, unless the simulator is closed first.
func (s *Simulator) after(d time.Duration, fn func()) {
	s.bgMu.Lock()
	defer s.bgMu.Unlock()
	if s.closed {
		return
	}
	s.bg.Go(func() {
		timer := time.NewTimer(max(d, 0))
		defer timer.Stop()
		select {
		case <-s.ctx.Done():
		case <-timer.C:
			fn()
		}
	})
}

// code derives a name for something from the seed: the same key gives the same code.
func (s *Simulator) code(prefix string, length int, key ...string) string {
	mac := hmac.New(sha256.New, binary.BigEndian.AppendUint64(nil, s.opts.Seed))
	mac.Write([]byte(prefix + "\x00" + strings.Join(key, "\x00")))
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil))
	return prefix + strings.ToLower(text[:length])
}
