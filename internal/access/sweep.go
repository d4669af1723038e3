package access

import (
	"context"
	"time"

	"github.com/creditpocket/creditpocket/internal/store"
)

const (
	// sweepBatch rows are cleared in one transaction, so that no request waits long for one of them.
	sweepBatch = 500
	// sweepBatches bound one run; the next one goes on.
	sweepBatches = 200
	// limitsKeptFor is how long a limit's row stays after it owes nothing.
	limitsKeptFor = 24 * time.Hour
)

// Sweep works job.SweepAccess: it deletes the rows of limits that owe nothing since a day and every personal record whose time is over (see
// store.RetentionReport), and empties texts that could not be sent in time.
func (s *Service) Sweep(ctx context.Context) error {
	for _, clear := range []func(ctx context.Context, tx *store.Tx) (int64, error){
		func(ctx context.Context, tx *store.Tx) (int64, error) { return tx.ExpireSMS(ctx, sweepBatch) },
		func(ctx context.Context, tx *store.Tx) (int64, error) {
			return tx.SweepLimits(ctx, tx.Now().Add(-limitsKeptFor), sweepBatch)
		},
		func(ctx context.Context, tx *store.Tx) (most int64, err error) {
			gone, err := tx.SweepRetention(ctx, sweepBatch)
			for _, n := range gone {
				most = max(most, n)
			}
			return most, err
		},
	} {
		for range sweepBatches {
			var cleared int64
			err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
				cleared, err = clear(ctx, tx)
				return err
			})
			if err != nil {
				return err
			}
			if cleared < sweepBatch {
				break
			}
		}
	}
	return nil
}
