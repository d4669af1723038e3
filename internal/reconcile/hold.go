package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/creditpocket/creditpocket/internal/store"
)

// ErrUnderWay says that another run is under way.
var ErrUnderWay = errors.New("reconcile: another run is under way")

// keepEvery is how often the holder of the run's lock tells the database that it is alive: well within the half minute that the lock asks for.
const keepEvery = 10 * time.Second

// alone does work while no other process does, or returns ErrUnderWay. Work whose lock is lost is ended, because another run may begin.
func (s *Service) alone(ctx context.Context, work func(ctx context.Context) error) error {
	lock, err := s.store.TryReconcileLock(ctx)
	if errors.Is(err, store.ErrLocked) {
		return ErrUnderWay
	}
	if err != nil {
		return err
	}
	defer lock.Release()
	ctx, end := context.WithCancelCause(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		ticks := time.NewTicker(keepEvery)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
				if err := lock.Keep(ctx); err != nil {
					end(err)
					return
				}
			}
		}
	}()
	err = work(ctx)
	lost := context.Cause(ctx) // before it is ended below
	end(nil)
	<-kept
	if err != nil && lost != nil {
		return lost
	}
	return err
}
