package servicing

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/creditpocket/creditpocket/internal/job"
	"github.com/creditpocket/creditpocket/internal/store"
)

const (
	sweepBatch  = 200 // what one round takes on
	sweepAtOnce = 4   // questions to the gateway at once

	// eventPatience is how long an event may wait before somebody looks whether it still has a job: longer than its attempts take.
	eventPatience = 15 * time.Minute
)

// Sweep asks the gateway about every repayment and refund that is due for a question: what no event told us about. It also gives
// the events whose attempts are used up new ones. One failure does not stop the others; all failures come back together.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.clock.Now()
	intents, err := s.store.IntentsToCheck(ctx, now, sweepBatch, store.IntentCheckout, store.IntentCardCharge, store.IntentExtension)
	if err != nil {
		return err
	}
	r := newRound()
	for _, i := range intents {
		r.do(ctx, func() error {
			err := s.ApplyCharge(ctx, i.Reference)
			if err == nil {
				return nil
			}
			return errors.Join(fmt.Errorf("charge %s: %w", i.Reference, err), s.deferIntentBy(ctx, i, patience(err)))
		})
	}
	failed := r.wait()
	refunds, err := s.store.RefundsToCheck(ctx, now, sweepBatch)
	if err != nil {
		return errors.Join(failed, err)
	}
	for _, f := range refunds {
		r.do(ctx, func() error {
			err := s.RefundCharge(ctx, f.ID)
			if err == nil {
				return nil
			}
			return errors.Join(fmt.Errorf("refund %d: %w", f.ID, err), s.deferRefundBy(ctx, f, patience(err)))
		})
	}
	return errors.Join(failed, r.wait(), s.wakeEvents(ctx, now), s.reviveEvents(ctx))
}

// wakeEvents enqueues the events again that nobody has applied; one whose job still lives is left alone.
func (s *Service) wakeEvents(ctx context.Context, now time.Time) error {
	ids, err := s.store.EventsWaiting(ctx, now.Add(-eventPatience), sweepBatch)
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range ids {
			if err := tx.Enqueue(ctx, job.ApplyEvent{ID: id}, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// reviveEvents has the parked events applied whose reference is one of ours by now: it was committed long after the event came, or
// came back with a restore.
func (s *Service) reviveEvents(ctx context.Context) error {
	ids, err := s.store.EventsKnownLater(ctx, sweepBatch)
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, id := range ids {
			if err := tx.ReviveGatewayEvent(ctx, id); errors.Is(err, store.ErrStale) {
				continue // another sweep was faster
			} else if err != nil {
				return err
			}
			if err := tx.Enqueue(ctx, job.ApplyEvent{ID: id}, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// round does work a few at a time and keeps every error.
type round struct {
	group  errgroup.Group
	mu     sync.Mutex
	failed []error
}

func newRound() *round {
	r := &round{}
	r.group.SetLimit(sweepAtOnce)
	return r
}

func (r *round) do(ctx context.Context, work func() error) {
	if ctx.Err() != nil {
		return
	}
	r.group.Go(func() error {
		if err := work(); err != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.failed = append(r.failed, err)
		}
		return nil
	})
}

// wait returns what failed since the last wait.
func (r *round) wait() error {
	_ = r.group.Wait() // its work returns no error
	r.mu.Lock()
	defer r.mu.Unlock()
	err := errors.Join(r.failed...)
	r.failed = nil
	return err
}
