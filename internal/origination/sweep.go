package origination

import (
	"context"
	"errors"

	"github.com/creditpocket/creditpocket/internal/lending"
	"github.com/creditpocket/creditpocket/internal/planted"
	"golang.org/x/sync/errgroup"
)

// Bounds of one sweep of payouts. What it does not reach, the next one does.
const (
	sweepPayouts = 200
	sweepAtOnce  = 4
)

// SweepPayouts looks at every payout whose next look is due, and starts the payouts of approved loans that a crash has left without a
// job. It is what makes lost events and lost jobs harmless. Failures of single payouts are logged and come up again.
func (s *Service) SweepPayouts(ctx context.Context) error {
	if planted.Is(planted.LostSweep) {
		return nil
	}
	due, err := s.store.PayoutsToCheck(ctx, sweepPayouts)
	if err != nil {
		return err
	}
	left, err := s.store.LoansWaiting(ctx, lending.Approved, s.clock.Now().Add(-s.config.PayoutHold-claimWait), sweepPayouts)
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(sweepAtOnce)
	for _, reference := range due {
		work.Go(func() error { return s.logged(ctx, reference, s.check(ctx, reference)) })
	}
	for _, loan := range left {
		work.Go(func() error { return s.logged(ctx, "", s.StartPayout(ctx, loan)) })
	}
	return work.Wait()
}

// check looks at one payout whose time has come: an open one may be sent again, one that succeeded is only asked about.
func (s *Service) check(ctx context.Context, reference string) error {
	p, err := s.store.Payout(ctx, reference)
	if err != nil {
		return err
	}
	if p.State.Open() {
		return s.resume(ctx, p)
	}
	return s.ApplyPayout(ctx, reference)
}

// logged keeps one failure from ending the sweep; only the end of the sweep itself does.
func (s *Service) logged(ctx context.Context, reference string, err error) error {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.log.WarnContext(ctx, "a payout could not be looked at", "reference", reference, "error", err.Error())
	}
	return ctx.Err()
}
