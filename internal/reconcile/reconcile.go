// Package reconcile holds the gateway's books against ours, by reference and amount and in both directions: its transfers, charges and
// refunds, and its ledger of our balance. What agrees is matched, and the gateway's fees are booked with it; what can be put right by
// asking the gateway about the reference is put right; the rest is kept as breaks for a person. It may import the pure packages,
// provider and store.
package reconcile

import (
	"context"
	"log/slog"
	"time"

	"github.com/creditpocket/creditpocket/internal/clock"
	"github.com/creditpocket/creditpocket/internal/money"
	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// Appliers bring one thing of ours up to date with the gateway, by asking it. They may be called any number of times.
type Appliers struct {
	Transfer func(ctx context.Context, reference string) error
	Charge   func(ctx context.Context, reference string) error
	Refund   func(ctx context.Context, id int64) error
	// Receipt books a payment that the gateway has and we do not, as one that no loan has.
	Receipt func(ctx context.Context, reference string) error
}

// Service is the capability. It is safe for use by many goroutines, and by many processes at once: one of them runs at a time.
type Service struct {
	store    *store.Store
	books    provider.Books
	appliers Appliers
	clock    clock.Clock
	log      *slog.Logger
}

// New makes the capability.
func New(st *store.Store, books provider.Books, appliers Appliers, clk clock.Clock, log *slog.Logger) *Service {
	return &Service{store: st, books: books, appliers: appliers, clock: clk, log: log.With("part", "reconcile")}
}

const (
	// overlap is how far a run looks back behind the one before: a transfer may come back, and a refund end, days later.
	overlap = 7 * 24 * time.Hour
	// underWay is how old a thing of ours must be before its absence in the gateway's books means anything.
	underWay = 2 * time.Minute
	pageSize = 500
	// maxPages bounds what one list may make a run read.
	maxPages = 20_000
)

// Report is what a run found. Amounts are kobo.
type Report struct {
	Since     time.Time // zero: from the beginning
	Records   int       // transfers, charges and refunds of the gateway that were read
	Movements int       // entries of its ledger that were new
	Matched   int       // records on which both books agree
	Applied   int       // of these, those that ours learned of only now
	Fees      money.Kobo
	Breaks    []store.Break // that are open now, oldest first
	Closed    int           // that were open before and agree now
}

// Run reconciles what was made or moved since an instant; zero means since the last run, with a week's overlap, or since the beginning for
// the first. It returns ErrUnderWay while another run is, also of another process, and the gateway's errors, having changed no break then.
func (s *Service) Run(ctx context.Context, since time.Time) (r Report, err error) {
	err = s.alone(ctx, func(ctx context.Context) (err error) {
		r, err = s.run(ctx, since)
		return err
	})
	return r, err
}

func (s *Service) run(ctx context.Context, since time.Time) (Report, error) {
	started := s.clock.Now().UTC().Truncate(time.Microsecond)
	if since.IsZero() {
		last, err := s.store.LastReconciled(ctx)
		if err != nil {
			return Report{}, err
		}
		if !last.IsZero() {
			since = last.Add(-overlap)
		}
	}
	r := Report{Since: since}
	if err := s.copyBooks(ctx, &r, started); err != nil {
		return r, err
	}
	found, err := s.compare(ctx, &r, started)
	if err != nil {
		return r, err
	}
	return r, s.conclude(ctx, &r, started, found)
}

// conclude writes the breaks of a run down, closes those that are none any more, and keeps the alerts in step.
func (s *Service) conclude(ctx context.Context, r *Report, started time.Time, found []store.Break) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		r.Closed = 0
		for _, b := range found {
			open, err := tx.PutBreak(ctx, b)
			if err != nil {
				return err
			}
			if open {
				if err := tx.RaiseAlert(ctx, "reconcile_break", alertSubject(b), b.Kind+" of a "+b.Object+": "+b.Detail); err != nil {
					return err
				}
			}
		}
		closed, err := tx.MatchBreaks(ctx)
		if err != nil {
			return err
		}
		r.Closed = len(closed)
		for _, b := range closed {
			if err := tx.ResolveAlerts(ctx, alertSubject(b)); err != nil {
				return err
			}
		}
		const most = 10_000
		if r.Breaks, err = tx.Breaks(ctx, store.BreakOpen, store.Page{Limit: most}); err != nil {
			return err
		}
		return tx.EndReconcileRun(ctx, store.ReconcileRun{Since: r.Since, StartedAt: started, Records: r.Records, Movements: r.Movements, Matched: r.Matched,
			Found: len(found)})
	})
}

// alertSubject is what the alert about a break is about.
func alertSubject(b store.Break) string {
	return "reconcile:" + b.Object + ":" + b.Kind + ":" + b.Reference
}
