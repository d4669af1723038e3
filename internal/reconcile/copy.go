package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/creditpocket/creditpocket/internal/provider"
	"github.com/creditpocket/creditpocket/internal/store"
)

// copyBooks copies the gateway's books: first its ledger, then its records, so that every movement that is copied finds its record. Both
// are read from the newest on, so that what is added meanwhile is seen twice and not missed.
func (s *Service) copyBooks(ctx context.Context, r *Report, started time.Time) error {
	if err := s.copyLedger(ctx, r); err != nil {
		return err
	}
	for _, kind := range provider.RecordKinds() {
		for number := 1; ; number++ {
			page, err := retried(ctx, func() (provider.RecordPage, error) { return s.books.Records(ctx, kind, r.Since, number) })
			if err != nil {
				return err
			}
			if number > maxPages {
				return fmt.Errorf("reconcile: the gateway's list of %ss has no end", kind)
			}
			if err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				return tx.PutGatewayRecords(ctx, records(page.Records), started)
			}); err != nil {
				return err
			}
			r.Records += len(page.Records)
			if number >= page.Pages || len(page.Records) == 0 {
				break
			}
		}
	}
	return nil
}

// copyLedger reads the gateway's ledger back to where the run begins. It does not stop at the first entry that is known: a run that broke
// off has left a gap behind what it had read.
func (s *Service) copyLedger(ctx context.Context, r *Report) error {
	c := newChain()
	for number := 1; ; number++ {
		page, err := retried(ctx, func() (provider.LedgerPage, error) { return s.books.BalanceLedger(ctx, number) })
		if err != nil {
			return err
		}
		if number > maxPages {
			return errors.New("reconcile: the gateway's ledger has no end")
		}
		next := c.link(movements(page.Entries))
		var fresh int64
		if err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			fresh, err = tx.PutGatewayMovements(ctx, next)
			return err
		}); err != nil {
			return err
		}
		r.Movements += int(fresh)
		n := len(page.Entries)
		if number >= page.Pages || n == 0 || page.Entries[n-1].At.Before(r.Since) {
			return nil
		}
	}
}

func records(in []provider.Record) []store.GatewayRecord {
	out := make([]store.GatewayRecord, 0, len(in))
	seen := map[string]bool{}
	for _, r := range in {
		if seen[r.ID] {
			continue
		}
		seen[r.ID] = true
		out = append(out, store.GatewayRecord{Kind: string(r.Kind), GatewayID: r.ID, Reference: clip(r.Reference), Note: clip(r.Note), Amount: r.Amount, Fee: r.Fee,
			Currency: clip(r.Currency), Status: clip(r.Status), Outcome: string(r.Outcome), At: r.At})
	}
	return out
}

// models are what the gateway's ledger calls the kinds of records.
var models = map[string]string{"Transfer": "transfer", "Transaction": "charge", "Refund": "refund"}

func movements(in []provider.LedgerEntry) []store.GatewayMovement {
	out := make([]store.GatewayMovement, 0, len(in))
	seen := map[string]bool{}
	for _, e := range in {
		if seen[e.ID] {
			continue
		}
		seen[e.ID] = true
		kind, known := models[e.Model]
		if !known {
			kind = "other"
		}
		out = append(out, store.GatewayMovement{ID: e.ID, Kind: kind, GatewayID: clip(e.ModelID), Difference: e.Difference, BalanceAfter: e.BalanceAfter,
			Currency: clip(e.Currency), At: e.At})
	}
	return out
}

// clip bounds what the gateway says.
func clip(text string) string { return text[:min(len(text), 200)] }

// askAtMost is how often one page is asked for.
const askAtMost = 5

// retried reads a page, again where the gateway is away for a moment or asks for time. Reading changes nothing.
func retried[T any](ctx context.Context, read func() (T, error)) (T, error) {
	for attempt := 1; ; attempt++ {
		page, err := read()
		if err == nil || attempt == askAtMost || !provider.IsRetryable(err) {
			return page, err
		}
		wait := time.Second << (attempt - 1)
		var limited *provider.RateLimitedError
		if errors.As(err, &limited) {
			wait = limited.RetryAfter
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return page, ctx.Err()
		}
	}
}
